import assert from "node:assert/strict";
import test from "node:test";
import {
  fieldsOf,
  givenFor,
  momentFor,
  mustAsk,
} from "../../custom_components/god_kaiser/frontend/controllers/start-form.js";

const role = (name, usual = null) => ({ name, description: "", default: usual });
const variable = (name, changes = {}) => ({ name, description: "", default: null, low: null, high: null, ...changes });
const SEQUENCE = {
  roles: [role("bed"), role("pump", "Pump (Tent)")],
  variables: [
    variable("ml", { low: 1, high: 20 }),
    variable("minutes", { default: 5 }),
    variable("fast", { default: false }),
    variable("note"),
  ],
};

test("roles come first, and each field has the kind that its default or its bounds tell", () => {
  assert.deepEqual(
    fieldsOf(SEQUENCE).map(({ key, kind, isRequired }) => [key, kind, isRequired]),
    [
      ["role:bed", "role", true],
      ["role:pump", "role", false],
      ["variable:ml", "number", true],
      ["variable:minutes", "number", false],
      ["variable:fast", "yes_no", false],
      ["variable:note", "text", true],
    ],
  );
});

test("a start asks only where something has no default", () => {
  assert.equal(mustAsk(SEQUENCE), true);
  assert.equal(mustAsk({ roles: [role("pump", "Pump")], variables: [variable("ml", { default: 0 })] }), false);
});

test("what is missing is named, what was left empty is left to the default", () => {
  const given = givenFor(fieldsOf(SEQUENCE), { "variable:minutes": "", "variable:note": "" });
  assert.deepEqual(given, { roles: {}, variables: {}, missing: ["bed", "ml", "note"] });
});

test("numbers become numbers, also with a comma, and texts stay texts", () => {
  const entered = {
    "role:bed": "valve.left",
    "variable:ml": "2.5",
    "variable:minutes": "7",
    "variable:fast": true,
    "variable:note": "3,5",
  };
  assert.deepEqual(givenFor(fieldsOf(SEQUENCE), entered), {
    roles: { bed: "valve.left" },
    variables: { ml: 2.5, minutes: 7, fast: true, note: 3.5 },
    missing: [],
  });
  const named = fieldsOf({ roles: [], variables: [variable("who", { default: "Eva" })] });
  assert.deepEqual(givenFor(named, { "variable:who": "007" }).variables, { who: "007" });
});

test("what is no number is handed on, so that the action can say what is wrong", () => {
  assert.deepEqual(givenFor(fieldsOf(SEQUENCE), { "variable:ml": "much" }).variables, { ml: "much" });
});

test("a planned start is at a moment or after some minutes, and somebody has to say which", () => {
  const spell = (written) => `${written}Z`;
  assert.deepEqual(momentFor({ at: "2030-01-01T06:00", minutes: "5" }, spell), { at: "2030-01-01T06:00Z" });
  assert.deepEqual(momentFor({ at: "", minutes: "1.5" }, spell), { delay: 90 });
  assert.equal(momentFor({ at: "", minutes: "" }, spell), null);
});
