import assert from "node:assert/strict";
import test from "node:test";
import { Catalog } from "../../custom_components/god_kaiser/frontend/controllers/catalog.js";
import {
  Draft,
  duplicate,
  idFor,
  keyOf,
  move,
  put,
  rename,
  renameRole,
  unused,
} from "../../custom_components/god_kaiser/frontend/controllers/draft.js";
import { entered, enteredLines, shown, shownLines } from "../../custom_components/god_kaiser/frontend/controllers/entered.js";
import { CATALOG, EXAMPLES, example } from "./told.mjs";

const catalog = new Catalog(CATALOG);
const LISTS = ["union", "object", "list"];

/** Write every value of a part anew, as if somebody had typed what is shown; yield how many there were. */
function retype(of, node) {
  return catalog.fields(of, node).reduce((count, field) => count + retypeField(node, field), 0);
}

function retypeField(node, field) {
  const { shape, inner, of } = field.shape;
  const value = node[field.name];
  if (value === undefined) return 0;
  if (shape === "union") return retype(of, value);
  if (shape === "table") return retypeTable(value, inner);
  if (shape === "list" && LISTS.includes(inner.shape)) return retypeList(value, inner);
  if (shape === "yes_no" || shape === "choice") put(node, field, value);
  else if (shape === "list") put(node, field, enteredLines(inner, shownLines(inner, value)));
  else put(node, field, entered(field.shape, shown(field.shape, value)));
  return 1;
}

const retypeList = (list, inner) =>
  list.reduce((count, each) => count + (inner.shape === "list" ? retypeList(each, inner.inner) : retype(inner.of, each)), 0);

const retypeTable = (table, shape) =>
  Object.keys(table).reduce(
    (count, name) =>
      count +
      (shape.shape === "object"
        ? retype(shape.of, table[name])
        : retypeField(table, { name, shape, is_required: true, is_entry: true })),
    0,
  );

test("every example that is typed anew, value by value, is what it was", () => {
  assert.ok(EXAMPLES.length >= 4);
  for (const [name, definition] of EXAMPLES) {
    const draft = new Draft(definition);
    assert.ok(retype("sequence", draft.definition) > 10, name);
    const { revision, ...written } = draft.definition;
    assert.deepEqual(written, definition, name);
    assert.equal(draft.isChanged, false, name);
  }
});

test("to change one field changes only that", () => {
  const draft = new Draft(example("irrigation"));
  const wanted = example("irrigation");
  wanted.phases[0].steps[2].seconds = 45;
  put(draft.definition.phases[0].steps[2], { name: "seconds", is_required: true }, 45);
  assert.deepEqual(draft.definition, wanted);
  assert.equal(draft.isChanged, true);
  put(draft.definition.phases[0].steps[2], { name: "seconds", is_required: true }, 30);
  assert.equal(draft.isChanged, false);
});

test("what was given stays as it was, whatever is written", () => {
  const definition = example("irrigation");
  new Draft(definition).definition.phases.length = 0;
  assert.equal(definition.phases.length, 1);
});

test("what is usual is left out, and an entry that is empty stays", () => {
  const step = { kind: "log", level: "warn", to: ["a"] };
  put(step, { name: "level", usual: "ok" }, "ok");
  put(step, { name: "to" }, []);
  assert.deepEqual(step, { kind: "log" });
  put(step, { name: "is_idempotent", usual: false }, true);
  put(step, { name: "steps", is_required: true }, []);
  assert.deepEqual(step, { kind: "log", is_idempotent: true, steps: [] });
  const table = { bed: "x" };
  put(table, { name: "bed", is_required: true, is_entry: true }, undefined);
  assert.deepEqual(table, { bed: "" });
});

test("what is saved is no change any more, in whatever order it is written", () => {
  const draft = new Draft({ a: 1, b: 2 }, { b: 2, a: 1 });
  assert.equal(draft.isChanged, false);
  draft.definition.a = 3;
  assert.equal(draft.isChanged, true);
  draft.settle();
  assert.equal(draft.isChanged, false);
});

test("steps are moved within their list, and no further", () => {
  const list = ["a", "b", "c"];
  move(list, 0, 1);
  move(list, 2, 1);
  move(list, 0, -1);
  assert.deepEqual(list, ["b", "a", "c"]);
});

test("a copy stands behind its original, and a phase gets a name of its own", () => {
  const steps = [{ kind: "delay", name: "x" }, { kind: "log" }];
  duplicate(steps, 0, false);
  assert.deepEqual(steps, [{ kind: "delay", name: "x" }, { kind: "delay", name: "x" }, { kind: "log" }]);
  assert.notEqual(keyOf(steps[0]), keyOf(steps[1]));
  assert.equal(keyOf(steps[0]), keyOf(steps[0]));
  const phases = [{ name: "open" }];
  duplicate(phases, 0, true);
  duplicate(phases, 7, true);
  assert.deepEqual(phases, [{ name: "open" }, { name: "open_2" }]);
});

test("an entry is renamed in its place, but to no name that is taken", () => {
  const table = { a: 1, b: 2, c: 3 };
  assert.equal(rename(table, "b", "d"), true);
  assert.deepEqual(Object.keys(table), ["a", "d", "c"]);
  for (const name of ["a", "", "d"]) assert.equal(rename(table, "d", name), false);
});

test("a role is renamed wherever it is meant, but not in what is told to others", () => {
  const definition = example("fill_tank");
  const call = { kind: "call", fields: { note: "role:pump" } };
  definition.finally.push(call);
  renameRole(definition, "pump", "well");
  assert.equal(definition.phases[0].steps[0].output, "role:well");
  assert.equal(definition.finally[0].output, "role:well");
  assert.equal(call.fields.note, "role:pump");
});

test("an id is made of the name, as ids have to be, and is nobody else's", () => {
  assert.equal(idFor("Wässere das Beet!", []), "waessere_das_beet");
  assert.equal(idFor("Café №1", ["cafe_1"]), "cafe_1_2");
  assert.equal(idFor("…", []), "sequence");
  assert.ok(idFor("long ".repeat(40), []).length <= 64);
  const draft = new Draft({ name: "Bed" });
  draft.nameItself(["bed"]);
  assert.equal(draft.definition.id, "bed_2");
  draft.nameItself([]);
  assert.equal(draft.definition.id, "bed_2");
  assert.equal(unused("a", ["a", "a_2"]), "a_3");
});
