import assert from "node:assert/strict";
import test from "node:test";
import { nodeAt, placed } from "../../custom_components/god_kaiser/frontend/controllers/places.js";

const log = (name = "") => ({ kind: "log", name });
const DEFINITION = {
  roles: { bed: {} },
  variables: { minutes: { low: 1 } },
  phases: [
    { name: "open", steps: [log(), { kind: "branch", name: "dry?", then: [log("yes")], otherwise: [log()] }] },
    { steps: [{ kind: "repeat", steps: [log()] }, { kind: "parallel", branches: [[log()], [log("b")]] }] },
  ],
  finally: [log("off")],
};
const at = (place) => nodeAt(DEFINITION, place);
const [first, second] = DEFINITION.phases;

test("a place is told by names and numbers, as people count", () => {
  assert.equal(at("open"), first);
  assert.equal(at("open / 1"), first.steps[0]);
  assert.equal(at("open / 2 dry?"), first.steps[1]);
  assert.equal(at("open / 2 dry? / then / 1 yes"), first.steps[1].then[0]);
  assert.equal(at("open / 2 dry? / otherwise / 1"), first.steps[1].otherwise[0]);
  assert.equal(at("finally / 1 off"), DEFINITION.finally[0]);
});

test("a phase without a name is known by its number", () => {
  assert.equal(at("2"), second);
  assert.equal(at("2 / 1 / repeat / 1"), second.steps[0].steps[0]);
  assert.equal(at("2 / 1 / 1"), second.steps[0].steps[0]);
  assert.equal(at("2 / 2 / branch 2 / 1 b"), second.steps[1].branches[1][0]);
});

test("a path means the same, and what lies deeper belongs to its step", () => {
  assert.equal(at("phases / 1 / steps / 2 / then / 1 / text"), first.steps[1].then[0]);
  assert.equal(at("phases / 2 / steps / 2 / branches / 1 / 1"), second.steps[1].branches[0][0]);
  assert.equal(at("phases / 1 / steps / 2 / condition / 1"), first.steps[1]);
  assert.equal(at("finally / 1"), DEFINITION.finally[0]);
  assert.equal(at("open / 2 dry? / roles / bed"), first.steps[1]);
});

test("roles and variables are places, and the rest is nowhere in particular", () => {
  assert.equal(at("roles / bed"), DEFINITION.roles.bed);
  assert.equal(at("variables / minutes"), DEFINITION.variables.minutes);
  for (const place of ["", "-", "id", "opener / 1", "phases / 8"]) assert.equal(at(place), null);
});

test("every part is passed once", () => {
  const kinds = [...placed(DEFINITION)].map(({ of }) => of);
  assert.equal(kinds.filter((of) => of === "step").length, 10);
  assert.deepEqual([...new Set(kinds)].sort(), ["phase", "role", "step", "variable"]);
  assert.deepEqual([...placed({})], []);
});
