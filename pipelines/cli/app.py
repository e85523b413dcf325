"""The tree of commands. Words come from the catalogue, work from the modules beside this one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipelines.cli import (
    audience,
    audit,
    backup,
    classify,
    consent,
    customer,
    demo,
    detect,
    hold,
    home,
    identity,
    kept,
    keys,
    mentions,
    metrics,
    package,
    pipeline,
    quarantine,
    request,
    request_others,
    retention,
    rules,
    sample,
    services,
    sources,
    sql,
)

app = typer.Typer(
    name="klantkluis",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def klantkluis(
    home: Annotated[str | None, typer.Option("--home")] = None,
    lang: Annotated[str | None, typer.Option("--lang")] = None,
    wait: Annotated[float | None, typer.Option("--wait")] = None,
    json: Annotated[bool, typer.Option("--json")] = False,
    debug: Annotated[bool, typer.Option("--debug")] = False,
) -> None:
    """Global options; :func:`pipelines.cli.main.run` has taken them before this is called."""
    del home, lang, wait, json, debug


app.command("init")(home.init)
app.command("demo")(demo.demo)
app.command("sample")(sample.sample)
app.add_typer(sources.group, name="sources")
app.command("ingest")(pipeline.ingest)
app.command("run")(pipeline.run)
app.command("restate")(pipeline.restate)
app.command("status")(home.status)
app.command("sql")(sql.sql)
app.add_typer(metrics.group, name="metrics")
app.command("dashboards")(services.dashboards)
app.command("dagster")(services.dagster)
app.command("detect")(detect.detect)
app.command("classify")(classify.classify)
app.add_typer(rules.group, name="rules")
app.add_typer(quarantine.group, name="quarantine")
app.add_typer(audit.group, name="audit")
app.add_typer(package.group, name="package")
app.add_typer(customer.group, name="customer")
app.add_typer(identity.group, name="identity")
app.add_typer(mentions.group, name="mentions")
app.add_typer(kept.group, name="kept")
request_others.join(request.group)
app.add_typer(request.group, name="request")
app.add_typer(hold.group, name="hold")
app.add_typer(backup.group, name="backup")
app.add_typer(keys.group, name="keys")
app.add_typer(consent.group, name="consent")
app.add_typer(audience.group, name="audience")
app.add_typer(retention.group, name="retention")


def command() -> Any:
    """The whole tree, made anew, so that help texts of one language do not stay behind."""
    return typer.main.get_command(app)
