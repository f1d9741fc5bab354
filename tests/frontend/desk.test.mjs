import assert from "node:assert/strict";
import test from "node:test";
import { Desk } from "../../custom_components/god_kaiser/frontend/controllers/desk.js";
import { Draft } from "../../custom_components/god_kaiser/frontend/controllers/draft.js";
import { CATALOG, example } from "./told.mjs";

const named = (id) => ({ id, name: id });

function deskOf(definition) {
  const house = { catalog: CATALOG, outputs: [named("a/actuator/1")], sensors: [named("a/sensor/1/ph")] };
  const around = {
    sequences: [named("fill_tank"), named("other")],
    entities: (domain) => [named(`${domain ?? "sun"}.one`)],
  };
  const seen = { edits: 0 };
  const desk = new Desk(house, new Draft(definition), around, () => (seen.edits += 1));
  return { desk, seen };
}

test("what is about something can be chosen from what there is, and roles stand for outputs", () => {
  const { desk } = deskOf(example("fill_tank"));
  const ids = (about) => desk.options(about, (role) => `Role ${role}`).map(({ id }) => id);
  assert.deepEqual(ids("output"), ["role:pump", "a/actuator/1"]);
  assert.deepEqual(ids("sensor"), ["a/sensor/1/ph"]);
  assert.deepEqual(ids("sequence"), ["other"]);
  assert.deepEqual([ids("entity"), ids("person"), ids("notify")], [["sun.one"], ["person.one"], ["notify.one"]]);
  assert.deepEqual([ids("seconds"), ids(undefined)], [[], []]);
  assert.equal(desk.options("output", (role) => `Role ${role}`)[0].name, "Role pump");
});

test("every change is told, and a renamed role is renamed where it is used", () => {
  const { desk, seen } = deskOf(example("fill_tank"));
  desk.put(desk.definition, { name: "name" }, "Well");
  assert.equal(desk.rename(desk.definition.roles, "pump", "well"), true);
  assert.equal(desk.rename(desk.definition.roles, "well", ""), false);
  assert.equal(desk.definition.finally[0].output, "role:well");
  assert.deepEqual([seen.edits, desk.change], [2, 2]);
});

test("a name that is no role changes nothing else", () => {
  const { desk } = deskOf({ ...example("fill_tank"), variables: { pump: {} } });
  desk.rename(desk.definition.variables, "pump", "well");
  assert.equal(desk.definition.finally[0].output, "role:pump");
});
