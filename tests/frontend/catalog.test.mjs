import assert from "node:assert/strict";
import test from "node:test";
import { Catalog } from "../../custom_components/god_kaiser/frontend/controllers/catalog.js";
import { CATALOG } from "./told.mjs";

const catalog = new Catalog(CATALOG);
const names = (of, node) => catalog.fields(of, node).map(({ name }) => name);

test("every kind of step has its own fields, those with parts after the others", () => {
  assert.equal(catalog.kinds("step").length, 12);
  assert.ok(names("step", { kind: "set" }).includes("output"));
  assert.deepEqual(names("step", { kind: "branch" }).slice(-3), ["condition", "then", "otherwise"]);
  assert.deepEqual(names("step", { kind: "unheard of" }), []);
  assert.deepEqual(names("role", {}), ["default", "description"]);
});

test("conditions are those that runs may ask", () => {
  assert.deepEqual(catalog.kinds("condition"), ["reading", "output", "entity", "all", "any", "not"]);
  assert.equal(catalog.isUnion("condition"), true);
  assert.equal(catalog.isUnion("phase"), false);
});

test("a fresh part has its kind and its empty lists, and leaves to people what only they know", () => {
  assert.deepEqual(catalog.fresh("step", "delay"), { kind: "delay" });
  assert.deepEqual(catalog.fresh("step", "parallel"), { kind: "parallel", branches: [[], []] });
  assert.deepEqual(catalog.fresh("phase"), { steps: [] });
  const question = { kind: "reading", operator: ">" };
  assert.deepEqual(catalog.fresh("step", "branch"), { kind: "branch", condition: question, then: [] });
  assert.deepEqual(catalog.fresh("condition"), question);
});

test("what is missing is named, also inside of conditions", () => {
  assert.deepEqual(catalog.missing("step", { kind: "set", output: "" }), ["output", "level"]);
  const of = [{ kind: "reading", operator: ">", value: 1, sensor: "s" }, { kind: "entity" }];
  const waits = { kind: "wait_until", condition: { kind: "any", of } };
  assert.deepEqual(catalog.missing("step", waits), ["entity_id"]);
  assert.deepEqual(catalog.missing("step", { kind: "wait_until" }), ["condition"]);
});
