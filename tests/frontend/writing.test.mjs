import assert from "node:assert/strict";
import test from "node:test";
import { Writing } from "../../custom_components/god_kaiser/frontend/controllers/writing.js";
import { CATALOG, example } from "./told.mjs";

const HOUSE = { catalog: CATALOG, outputs: [], sensors: [] };
const OK = { verdict: "ok", findings: [] };
const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

function stage({ sequence = "irrigation-main-zone", changes = {}, known = [] } = {}) {
  const [asked, kept] = [[], new Map()];
  const api = {
    t: (key, words = {}) => [key, ...Object.values(words)].join(" "),
    house: async () => HOUSE,
    kept: async () => ({ revision: 4, revisions: [], used_by: [], definition: { ...example("irrigation"), revision: 4 } }),
    checkDraft: async (hub, definition) => {
      asked.push(["check", definition.id]);
      return OK;
    },
    save: async (hub, definition) => {
      asked.push(["save", definition.id]);
      return { id: definition.id, revision: 5 };
    },
    entities: () => [],
    sentence: (problem) => problem.message,
    placeOf: (problem) => problem.place,
    userId: "eve",
    ...changes,
  };
  const shelf = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => void kept.set(key, text),
    removeItem: (key) => void kept.delete(key),
  };
  const subject = { api, hub: "hub", sequence, known: () => known, shelf, changed: () => undefined, pause: 1 };
  return { subject, asked, kept };
}

async function opened(options) {
  const { subject, asked, kept } = stage(options);
  const writing = new Writing(subject);
  await writing.open();
  return { writing, asked, kept, subject, desk: writing.desk, definition: writing.desk.definition };
}

const NAME = { name: "name" };

test("what is kept is opened as it is, and a fresh one has an empty phase", async () => {
  const { writing, definition } = await opened();
  assert.equal(definition.id, "irrigation-main-zone");
  assert.deepEqual([writing.isChanged, writing.isBack, writing.isOld], [false, false, false]);
  const fresh = await opened({ sequence: "" });
  assert.deepEqual(fresh.definition, { phases: [{ steps: [], name: "editor.phase_name" }] });
  assert.equal(fresh.writing.isChanged, false);
});

test("which revisions are kept is asked for anew where that is wanted, and what is written stays", async () => {
  let revision = 4;
  let told = 0;
  const definition = { ...example("irrigation"), revision: 4 };
  const { writing, subject } = await opened({ changes: { kept: async () => ({ revision, revisions: [], used_by: [], definition }) } });
  const before = writing.desk.definition;
  subject.changed = () => (told += 1);
  revision = 5;
  await writing.renew();
  assert.deepEqual([writing.kept.revision, told, writing.desk.definition], [5, 1, before]);
});

test("what is missing is told at its place, and nothing is sent", async () => {
  const { writing, desk, definition, asked } = await opened();
  const step = definition.phases[0].steps[2];
  delete step.seconds;
  assert.equal(await writing.save(), "");
  await writing.check();
  assert.equal(desk.faults.of(step)[0].text, "editor.missing fields.seconds");
  assert.deepEqual([writing.said, asked], ["editor.problems 1", []]);
});

test("saving gives an id and a revision, and then nothing is unsaved", async () => {
  const { writing, desk, definition, asked, kept } = await opened({ sequence: "" });
  desk.put(definition, NAME, "Main zone");
  definition.phases[0].steps.push({ kind: "delay", seconds: 1 });
  assert.deepEqual([writing.isChanged, kept.size], [true, 1]);
  assert.equal(await writing.save(), "main_zone");
  assert.deepEqual(asked, [["save", "main_zone"]]);
  assert.deepEqual([writing.isChanged, kept.size, writing.said], [false, 0, "editor.saved 5"]);
});

test("what the server says is told at its step", async () => {
  const refuse = async () => {
    throw { message: "5605: too long", place: "act / 3 Laufzeit" };
  };
  const { writing, desk, definition } = await opened({ changes: { save: refuse, checkDraft: refuse } });
  const step = definition.phases[0].steps[2];
  assert.equal(await writing.save(), "");
  assert.equal(desk.faults.of(step)[0].text, "5605: too long");
  await writing.check();
  assert.deepEqual([desk.faults.count, writing.said], [1, "editor.problems 1"]);
});

test("what was checked once is checked again after every change, and only the last answer counts", async () => {
  const answers = [];
  const checkDraft = () => new Promise((answer) => answers.push(answer));
  const { writing, desk, definition } = await opened({ changes: { checkDraft } });
  desk.put(definition, NAME, "One");
  await soon();
  assert.equal(answers.length, 0);
  const checked = writing.check();
  desk.put(definition, NAME, "Two");
  await soon();
  assert.equal(answers.length, 2);
  answers[1](OK);
  await soon();
  assert.equal(writing.said, "verdict.ok");
  answers[0]({ verdict: "refused", findings: [{ text: "old", advice: "", severity: "error" }] });
  await checked;
  assert.deepEqual([writing.said, desk.faults.isEmpty], ["verdict.ok", true]);
  writing.close();
});

test("what was not saved is found again, until it is discarded", async () => {
  const { desk, definition, subject, kept } = await opened();
  desk.put(definition, NAME, "Changed");
  const again = new Writing(subject);
  await again.open();
  assert.deepEqual([again.isBack, again.isChanged, again.desk.definition.name], [true, true, "Changed"]);
  again.discard();
  await again.open();
  assert.deepEqual([again.isBack, again.isChanged, kept.size], [false, false, 0]);
});

test("a change that is taken back is none", async () => {
  const { desk, definition, kept, writing } = await opened();
  desk.put(definition, NAME, "Changed");
  desk.put(definition, NAME, undefined);
  assert.deepEqual([writing.isChanged, kept.size], [false, 0]);
});

test("it is known that somebody else has saved meanwhile", async () => {
  const known = [{ id: "irrigation-main-zone", entry_id: "hub", revision: 4, name: "x" }];
  const { writing } = await opened({ known });
  assert.equal(writing.isOld, false);
  known[0].revision = 5;
  assert.equal(writing.isOld, true);
  await writing.save();
  assert.equal(writing.isOld, false);
});

test("nothing is written before it is open", async () => {
  const writing = new Writing(stage().subject);
  assert.deepEqual([await writing.save(), writing.isChanged, writing.isOld], ["", false, false]);
  await writing.check();
  writing.close();
});
