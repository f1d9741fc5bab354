import assert from "node:assert/strict";
import test from "node:test";
import { Catalog } from "../../custom_components/god_kaiser/frontend/controllers/catalog.js";
import { Faults } from "../../custom_components/god_kaiser/frontend/controllers/faults.js";
import { CATALOG } from "./told.mjs";

const fault = (text) => ({ text, advice: "", severity: "error" });
const STEP = { kind: "delay" };
const DEFINITION = { phases: [{ name: "act", steps: [STEP] }] };

test("what is wrong is kept by its part, or by the whole where it is nowhere in particular", () => {
  const faults = new Faults(DEFINITION);
  assert.equal(faults.isEmpty, true);
  faults.add("act / 1", fault("too long"));
  faults.add("act / 1", fault("too late"));
  faults.add("-", fault("too many"));
  assert.deepEqual(faults.of(STEP).map(({ text }) => text), ["too long", "too late"]);
  assert.deepEqual(faults.of(DEFINITION), [fault("too many")]);
  assert.deepEqual([faults.count, faults.isEmpty], [3, false]);
});

test("it is known of every part whether something is wrong inside of it", () => {
  const faults = new Faults(DEFINITION);
  faults.add("act / 1", fault("too long"));
  assert.equal(faults.isIn(DEFINITION.phases[0]), true);
  assert.equal(faults.isIn({ steps: [null, 1] }), false);
});

test("findings come with their advice", () => {
  const faults = new Faults(DEFINITION);
  const told = { text: "away", advice: "Look.", severity: "warning" };
  faults.addFindings({ verdict: "warn", findings: [{ ...told, place: "act / 1" }, told] });
  assert.deepEqual(faults.of(STEP), [told]);
  assert.deepEqual(faults.of(DEFINITION), [told]);
});

test("what nobody has filled in is told by its names", () => {
  const faults = new Faults(DEFINITION);
  faults.addMissing(new Catalog(CATALOG), (names) => names.join("+"));
  assert.deepEqual(faults.of(STEP), [fault("seconds")]);
  assert.equal(faults.count, 1);
});
