import assert from "node:assert/strict";
import test from "node:test";

// Lit asks for these when it is loaded; nothing is drawn here.
globalThis.HTMLElement = class {};
globalThis.document = { createTreeWalker: () => ({}), createComment: () => ({}) };
const { RunCard } = await import("../../custom_components/god_kaiser/frontend/components/run-card.js");
const { RunReport } = await import("../../custom_components/god_kaiser/frontend/components/run-report.js");

const API = { t: (key) => key, when: (moment) => moment, sentence: (problem) => problem.message };

/** Everything that an element would draw, as one text. */
const drawn = (value) =>
  Array.isArray(value)
    ? value.map(drawn).join(" ")
    : value?.strings
      ? value.strings.map((part, at) => part + drawn(value.values[at])).join("")
      : typeof value === "string"
        ? value
        : "";

function cardOf(status) {
  const card = new RunCard();
  card.api = API;
  card.run = { run_id: "r1", status, sequence_name: "Bed", trigger: { kind: "rule" }, runtime_seconds: 5, may_control: true };
  return card;
}

async function reportOf(report) {
  const element = new RunReport();
  element.api = { ...API, report };
  element.run = "r1";
  element.willUpdate(new Map([["run", ""]]));
  await new Promise((resolve) => setTimeout(resolve));
  return drawn(element.render());
}

test("a run that is over has a report, and one that goes on has none yet", () => {
  for (const [status, hasOne] of [["running", false], ["paused", false], ["completed", true], ["failed", true]]) {
    const card = cardOf(status);
    assert.equal(drawn(card.render()).includes("runs.report"), hasOne, status);
    card._toggleReport();
    assert.equal(drawn(card.render()).includes("<god-kaiser-run-report"), hasOne, status);
    card._toggleReport();
    assert.equal(drawn(card.render()).includes("<god-kaiser-run-report"), false, status);
  }
});

test("a report is asked for once and drawn as it reads", async () => {
  const asked = [];
  const shown = await reportOf(async (run) => {
    asked.push(run);
    return "# Bed\n\nEnded by a person.\n\n## Problems\n\n- Pump at 1.0: sent";
  });
  assert.deepEqual(asked, ["r1"]);
  for (const part of ["<p>Ended by a person.</p>", "<h4>Problems</h4>", "<li>Pump at 1.0: sent</li>"]) {
    assert.ok(shown.includes(part), shown);
  }
});

test("a report that cannot be read says so", async () => {
  const shown = await reportOf(() => Promise.reject(new Error("Nobody is there.")));
  assert.ok(shown.includes("Nobody is there."));
});
