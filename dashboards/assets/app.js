// Draws charts from the figures that stand in the page, and changes filters without a new page.
(function () {
  "use strict";
  var dashes = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash"];
  var signs = ["circle", "square", "diamond", "triangle-up", "x", "cross", "star", "hexagon"];
  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
  // names could be equal; places cannot
  function places(chart) { return chart.labels.map(function (_, place) { return "p" + place; }); }
  function trace(chart, one, place) {
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
  function draw(block) {
    var data = block.querySelector('script[type="application/json"]');
    var plot = block.querySelector(".plot");
    if (!data || !plot || !window.Plotly) { return; }
    var chart = JSON.parse(data.textContent);
    var across = chart.kind === "across";
    var short = function (text) { return text.length > 24 ? text.slice(0, 23) + "…" : text; };
    var format = chart.unit.indexOf("rate") === 0 ? ".0%" : chart.unit === "money" ? "~s" : "";
    var figures = { tickformat: format, gridcolor: colour("--line"), zerolinecolor: colour("--line"), rangemode: "tozero", automargin: true,
      tickprefix: chart.unit === "money" && chart.currency === "EUR" ? "€ " : "", nticks: Math.max(3, Math.min(6, Math.floor(plot.clientWidth / 110))) };
    var names = { automargin: true, type: "category", gridcolor: colour("--line") };
    if (across) {
      names.autorange = "reversed"; names.tickvals = places(chart); names.ticktext = chart.labels.map(short);
    } else {
      names.nticks = Math.max(3, Math.floor(plot.clientWidth / 90)); names.tickangle = 0;
    }
    var height = across ? Math.max(320, 110 + chart.labels.length * (14 + 12 * chart.series.length)) : 320;
    var layout = { height: height, separators: chart.separators, barmode: "group", paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colour("--ink"), family: getComputedStyle(document.body).fontFamily, size: 13 },
      margin: { l: 8, r: 28, t: 8, b: 8, pad: 4 }, showlegend: chart.series.length > 1,
      legend: { orientation: "h", y: -0.25, yref: "paper", x: 0, xanchor: "left" },
      hoverlabel: { namelength: -1 }, xaxis: across ? figures : names, yaxis: across ? names : figures };
    if (across) { layout.legend = { orientation: "h", yref: "container", y: 0, yanchor: "bottom", x: 0 }; layout.margin.b = 60; }
    window.Plotly.react(plot, chart.series.map(function (one, place) { return trace(chart, one, place); }), layout,
      { displayModeBar: false, responsive: true }).then(function () { plot.dataset.drawn = "yes"; });
  }
  function drawAll() { document.querySelectorAll(".block.chart").forEach(draw); }
  function swap(address, isNew) {
    var main = document.getElementById("main");
    main.setAttribute("aria-busy", "true");
    return fetch(address, { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) { throw new Error("another page"); }
      return answer.text();
    }).then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html");
      var focused = document.activeElement && document.activeElement.id;
      if (window.Plotly) { main.querySelectorAll(".plot").forEach(function (plot) { window.Plotly.purge(plot); }); }
      main.replaceWith(document.adoptNode(page.getElementById("main")));
      var top = page.querySelector(".top");
      if (top) { document.querySelector(".top").replaceWith(document.adoptNode(top)); }
      document.title = page.title;
      if (isNew) { history.pushState(null, "", address); }
      if (focused && document.getElementById(focused)) { document.getElementById(focused).focus(); }
      drawAll();
      document.documentElement.dataset.swapped = String(Number(document.documentElement.dataset.swapped || 0) + 1);
    }).catch(function () { window.location.assign(address); });
  }
  document.addEventListener("change", function (event) {
    var form = event.target.closest("form.filters");
    if (!form) { return; }
    var chosen = new URLSearchParams();
    new FormData(form).forEach(function (value, name) { if (value) { chosen.append(name, value); } });
    var query = chosen.toString();
    swap(form.getAttribute("action") + (query ? "?" + query : ""), true);
  });
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a.soft");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      swap(link.getAttribute("href"), true);
    }
    if (event.target.closest("#print")) { window.print(); }
    var png = event.target.closest("button.png");
    if (png) {
      var block = png.closest(".block");
      window.Plotly.downloadImage(block.querySelector(".plot"), { format: "png", width: 1200, height: 640, scale: 2, filename: block.dataset.block });
    }
  });
  window.addEventListener("popstate", function () { swap(location.pathname + location.search, false); });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  document.addEventListener("DOMContentLoaded", drawAll);
})();
