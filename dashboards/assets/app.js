// Draws charts from the figures that stand in the page, and changes filters without a new page.
(function () {
  "use strict";
  var dashes = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash"];
  var signs = ["circle", "square", "diamond", "triangle-up", "x", "cross", "star", "hexagon"];
  var root = document.documentElement;
  var onPaper = false;
  // what is printed or taken along stands on white, whatever the screen looks like
  function palette(isPaper) {
    var styles = getComputedStyle(isPaper ? document.getElementById("paper") : root);
    return function (name) { return styles.getPropertyValue(name).trim(); };
  }
  // names could be equal; places cannot
  function places(chart) { return chart.labels.map(function (_, place) { return "p" + place; }); }
  function trace(chart, one, place, colour) {
    var tint = colour("--c" + (place % 8 + 1));
    var across = chart.kind === "across";
    var says = { name: one.name, customdata: one.says, hovertemplate: "%{customdata}<extra>%{fullData.name}</extra>" };
    if (chart.kind === "line") {
      return Object.assign(says, { type: "scatter", mode: "lines+markers", x: chart.labels, y: one.values, connectgaps: false,
        line: { color: tint, dash: dashes[place % 8] }, marker: { symbol: signs[place % 8], size: 7 } });
    }
    return Object.assign(says, { type: "bar", orientation: across ? "h" : "v", x: across ? one.values : chart.labels,
      y: across ? places(chart) : one.values, marker: { color: tint } });
  }
  function figure(chart, width, colour) {
    var across = chart.kind === "across";
    var short = function (text) { return text.length > 24 ? text.slice(0, 23) + "…" : text; };
    var format = chart.unit.indexOf("rate") === 0 ? ".0%" : chart.unit === "money" ? "~s" : "";
    var figures = { tickformat: format, gridcolor: colour("--line"), zerolinecolor: colour("--line"), rangemode: "tozero", automargin: true,
      ticksuffix: chart.suffix || "", tickprefix: chart.unit === "money" && chart.currency === "EUR" ? "€ " : "", nticks: Math.max(3, Math.min(6, Math.floor(width / 110))) };
    var names = { automargin: true, type: "category", gridcolor: colour("--line") };
    if (across) {
      names.autorange = "reversed"; names.tickvals = places(chart); names.ticktext = chart.labels.map(short);
    } else {
      names.nticks = Math.max(3, Math.floor(width / 90)); names.tickangle = 0;
    }
    var height = across ? Math.max(320, 110 + chart.labels.length * (14 + 12 * chart.series.length)) : 320;
    var layout = { height: height, separators: chart.separators, barmode: "group", paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colour("--ink"), family: getComputedStyle(document.body).fontFamily, size: 13 },
      margin: { l: 8, r: 28, t: 8, b: 8, pad: 4 }, showlegend: chart.series.length > 1,
      legend: { orientation: "h", y: -0.25, yref: "paper", x: 0, xanchor: "left" },
      hoverlabel: { namelength: -1 }, xaxis: across ? figures : names, yaxis: across ? names : figures };
    if (across) { layout.legend = { orientation: "h", yref: "container", y: 0, yanchor: "bottom", x: 0 }; layout.margin.b = 60; }
    return { data: chart.series.map(function (one, place) { return trace(chart, one, place, colour); }), layout: layout };
  }
  function chartOf(block) {
    var data = block.querySelector('script[type="application/json"]');
    return data && window.Plotly ? JSON.parse(data.textContent) : null;
  }
  function draw(block) {
    var plot = block.querySelector(".plot");
    var chart = plot && chartOf(block);
    if (!chart) { return; }
    var drawn = figure(chart, plot.clientWidth, palette(onPaper));
    window.Plotly.react(plot, drawn.data, drawn.layout, { displayModeBar: false, responsive: true })
      .then(function () { plot.dataset.drawn = "yes"; });
  }
  function drawAll() { document.querySelectorAll(".block.chart").forEach(draw); }
  function toPaper(isPaper) {
    if (onPaper !== isPaper) { onPaper = isPaper; drawAll(); }
  }
  // a picture says by itself what it shows: title, choices, and the day of the figures
  function picture(block) {
    var chart = chartOf(block);
    if (!chart) { return; }
    var colour = palette(true), width = 1200;
    var drawn = figure(chart, width, colour);
    var height = Math.max(640, drawn.layout.height + 120);
    Object.assign(drawn.layout, { width: width, height: height, paper_bgcolor: colour("--paper"), plot_bgcolor: colour("--paper"),
      title: { text: chart.title, x: 0.02, xanchor: "left", y: 1 - 28 / height, yanchor: "top", yref: "container", subtitle: { text: chart.subtitle, font: { size: 13 } } } });
    drawn.layout.margin = Object.assign(drawn.layout.margin, { l: 24, t: 90, b: Math.max(drawn.layout.margin.b, 24) });
    root.dataset.pictured = JSON.stringify([drawn.layout.paper_bgcolor, drawn.layout.font.color, chart.title, chart.subtitle]);
    window.Plotly.downloadImage(drawn, { format: "png", width: width, height: height, scale: 2, filename: block.dataset.block });
  }
  // only the newest choice counts: an answer that comes after a newer question is dropped
  var asked = null;
  function swap(address, isNew) {
    if (asked) { asked.abort(); }
    var own = asked = new AbortController();
    document.getElementById("main").setAttribute("aria-busy", "true");
    return fetch(address, { credentials: "same-origin", signal: own.signal }).then(function (answer) {
      if (!answer.ok || answer.redirected) { throw new Error("another page"); }
      return answer.text();
    }).then(function (text) {
      if (own !== asked) { return; }
      var page = new DOMParser().parseFromString(text, "text/html");
      var main = document.getElementById("main");
      var active = document.activeElement;
      var focused = active && active.id;
      var isInside = main.contains(active);
      if (window.Plotly) { main.querySelectorAll(".plot").forEach(function (plot) { window.Plotly.purge(plot); }); }
      var fresh = document.adoptNode(page.getElementById("main"));
      main.replaceWith(fresh);
      var top = page.querySelector(".top");
      if (top) { document.querySelector(".top").replaceWith(document.adoptNode(top)); }
      document.title = page.title;
      if (isNew) { history.pushState(null, "", address); }
      var again = focused && document.getElementById(focused);
      if (again) { again.focus(); } else if (isInside) { fresh.focus(); }
      document.getElementById("said").textContent = fresh.dataset.says || "";
      drawAll();
      root.dataset.swapped = String(Number(root.dataset.swapped || 0) + 1);
    }).catch(function (error) {
      if (error.name !== "AbortError" && own === asked) { window.location.assign(address); }
    });
  }
  function addressOf(form) {
    var chosen = new URLSearchParams();
    new FormData(form).forEach(function (value, name) { if (value) { chosen.append(name, value); } });
    var query = chosen.toString();
    return form.getAttribute("action") + (query ? "?" + query : "");
  }
  function apply(form) {
    form.dataset.pending = "";
    swap(addressOf(form), true);
  }
  function isPicker(one) { return one instanceof HTMLSelectElement && one.closest("form.filters"); }
  // arrows walk through the choices of a picker; it counts when Enter is pressed or the picker is left
  document.addEventListener("keydown", function (event) {
    if (!isPicker(event.target)) { return; }
    var form = event.target.closest("form.filters");
    if (event.key === "Enter") {
      event.target.dataset.keyed = "";
      if (form.dataset.pending) { event.preventDefault(); apply(form); }
    } else if (event.key === " " || event.altKey) {
      event.target.dataset.keyed = "";  // opens the list, in which a choice is made once
    } else if (event.key !== "Tab") { event.target.dataset.keyed = "yes"; }
  });
  document.addEventListener("pointerdown", function (event) {
    if (isPicker(event.target)) { event.target.dataset.keyed = ""; }
  });
  document.addEventListener("focusout", function (event) {
    var form = isPicker(event.target);
    if (form && form.dataset.pending) { apply(form); }
  });
  document.addEventListener("change", function (event) {
    var form = event.target.closest("form.filters");
    if (!form) { return; }
    if (event.target.dataset.keyed) { form.dataset.pending = "yes"; } else { apply(form); }
  });
  document.addEventListener("submit", function (event) {
    if (event.target.matches("form.filters")) { event.preventDefault(); apply(event.target); }
  });
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a.soft");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      swap(link.getAttribute("href"), true);
    }
    if (event.target.closest("#print")) { window.print(); }
    var png = event.target.closest("button.png");
    if (png) { picture(png.closest(".block")); }
  });
  window.addEventListener("popstate", function () { swap(location.pathname + location.search, false); });
  window.addEventListener("beforeprint", function () { toPaper(true); });
  window.addEventListener("afterprint", function () { toPaper(false); });
  window.matchMedia("print").addEventListener("change", function (event) { toPaper(event.matches); });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  document.addEventListener("DOMContentLoaded", drawAll);
})();
