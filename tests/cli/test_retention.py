"""`retention` from the command line: a plan changes nothing, an empty home has nothing due."""

from __future__ import annotations

from pathlib import Path

from tests.support.context import make_context


def test_plan_and_apply(cli, tmp_path: Path) -> None:
    context = make_context(tmp_path)
    context.deliver(
        "interactions.csv", "id,contact,channel,at,body\ni1,,email,2020-01-02T10:00:00,oud\n"
    )
    context.land()
    context.vault.close()
    home = ("--home", context.home.root)
    early = cli("retention", "plan", "--on", "2021-01-01", *home, "--json").document
    assert {rule["count"] for rule in early["rules"]} == {0}
    due = cli("retention", "plan", *home, "--json").document
    assert {r["rule"]: r["count"] for r in due["rules"] if r["count"]} == {"interactions": 1}
    done = cli("retention", "apply", *home, "--json").document
    assert (context.home.reports / done["certificate"]).is_file()
    assert context.warehouse("select * from warehouse.pseudo.interactions") == []
    assert cli("retention", "apply", *home, "--json").document["certificate"] is None
    assert cli("audit", "verify", *home).status == 0
