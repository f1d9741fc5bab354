import assert from "node:assert/strict";
import test from "node:test";
import { JournalDesk } from "../../custom_components/god_kaiser/frontend/controllers/journal-desk.js";

const CHOICES = { kinds: ["run.started", "rule.fired"], domains: [], levels: [], devices: {}, channels: {}, people: {}, rules: {}, sequences: {}, runs: { r1: "Flush" } };
const event = (event_id, changes = {}) => ({
  event_id,
  event_type: "rule.fired",
  timestamp: "2030-01-01T00:00:00Z",
  level: "ok",
  domain: "rule",
  ...changes,
});
const snapshot = (last_event_id, replay_gap = false) => ({
  event_type: "snapshot",
  data: { replay_gap, hubs: [{ entry_id: "hub", last_event_id }] },
});
const ids = (desk) => desk.book.events.map(({ event_id }) => event_id);

/** A desk whose door answers with the pages that the test gives; what was asked is remembered. */
function deskOf(pages, filter = {}) {
  const asked = [];
  const stream = { opened: 0, closed: 0, begun: 0, open() { this.opened += 1; }, close() { this.closed += 1; }, again() { this.begun += 1; } };
  const line = {};
  const api = {
    choices: async (command, hub) => {
      asked.push([command, hub]);
      return CHOICES;
    },
    ask: async (name, fields) => {
      asked.push([name, fields]);
      const page = pages.shift();
      if (page instanceof Error) throw page;
      return page ?? { events: [], cursor: null };
    },
    subscription: (command, to, fields) => Object.assign(line, { command, to, fields }) && stream,
    entityName: () => "",
    known: (key) => (key === "codes.run" ? "run" : ""),
    zone: "Z",
    moment(written) {
      return written + this.zone;
    },
    sentence: (problem) => `said: ${problem.message}`,
  };
  let changes = 0;
  const desk = new JournalDesk(api, "hub", () => (changes += 1), filter);
  return { desk, asked, stream, line, changes: () => changes };
}

test("it reads the latest page, and whatever happens comes on top", async () => {
  const { desk, asked, stream, line } = deskOf([{ events: [event("1-0"), event("2-0")], cursor: "1-0" }]);
  await desk.open();
  assert.deepEqual([stream.opened, line.command], [1, "subscribe"]);
  assert.deepEqual(asked, [
    ["journal/catalog", "hub"],
    ["get_events", { config_entry_id: "hub", limit: 100 }],
  ]);
  line.to.begun(true);
  line.to.tell(snapshot("2-0"));
  line.to.tell(event("3-0"));
  assert.deepEqual([ids(desk), desk.isLive, desk.book.cursor], [["3-0", "2-0", "1-0"], true, "1-0"]);
});

test("what is asked for begins and ends when the person means it", async () => {
  const { desk, asked } = deskOf([{ events: [event("1-0")], cursor: null }], { since: "2030-01-01T06:00", until: "2030-01-02T06:00" });
  await desk.open();
  assert.equal(desk.problem, "");
  const [, fields] = asked.at(-1);
  assert.deepEqual([fields.since, fields.until], ["2030-01-01T06:00Z", "2030-01-02T06:00Z"]);
});

test("who comes back says what was heard last, and what cannot be told again is a gap", async () => {
  const { desk, line, stream } = deskOf([{ events: [event("1-0")], cursor: null }]);
  await desk.open();
  assert.deepEqual(line.fields(), { entry_id: "hub", topics: ["events"] });
  line.to.tell(snapshot("1-0"));
  assert.equal(line.fields().last_event_id, "1-0");
  line.to.tell(event("2-0"));
  line.to.tell(snapshot("9-0"));
  assert.deepEqual([line.fields().last_event_id, desk.book.isTorn("2-0")], ["2-0", false]);
  line.to.tell(snapshot("9-0", true));
  assert.deepEqual([line.fields().last_event_id, desk.book.isTorn("2-0")], ["9-0", true]);
  line.to.tell({ event_type: "closed", data: { reason: "overflow" } });
  assert.equal(stream.begun, 1);
  line.to.begun(false);
  assert.equal(desk.isLive, false);
});

test("what does not fit the filter does not appear, but counts as heard", async () => {
  const { desk, line } = deskOf([], { kind: "run" });
  await desk.open();
  line.to.tell(snapshot("1-0"));
  line.to.tell(event("2-0"));
  line.to.tell(event("3-0", { event_type: "run.started" }));
  assert.deepEqual([ids(desk), line.fields().last_event_id, desk.isFiltered], [["3-0"], "3-0", true]);
});

test("another filter begins anew, and an older page goes on where the last one has begun", async () => {
  const pages = [{ events: [event("5-0")], cursor: "5-0" }, { events: [event("7-0")], cursor: "7-0" }, { events: [event("6-0")], cursor: null }];
  const { desk, asked } = deskOf(pages);
  await desk.open();
  await desk.choose({ level: "error", until: "2030" });
  await desk.older();
  assert.deepEqual(asked.slice(2).map(([, fields]) => fields), [
    { config_entry_id: "hub", level: "error", until: "2030Z", limit: 100 },
    { config_entry_id: "hub", level: "error", until: "2030Z", before: "7-0", limit: 100 },
  ]);
  assert.deepEqual([ids(desk), desk.isLive], [["7-0", "6-0"], false]);
});

test("an answer that comes too late is for nobody", async () => {
  const { desk } = deskOf([{ events: [event("1-0")], cursor: null }, { events: [event("2-0")], cursor: null }]);
  const first = desk.open();
  await Promise.all([first, desk.choose({ level: "ok" })]);
  assert.equal(desk.book.events.length, 1);
  const left = desk.read();
  desk.close();
  await left;
  assert.equal(desk.book.isEmpty, true);
});

test("what cannot be read is told in words, and read when the connection is back", async () => {
  const { desk, line } = deskOf([new Error("no disk"), { events: [event("1-0")], cursor: null }]);
  await desk.open();
  assert.deepEqual([desk.problem, desk.isReading], ["said: no disk", false]);
  line.to.begun(true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual([desk.problem, ids(desk)], ["", ["1-0"]]);
});

test("what belongs to a command is looked for around its time", async () => {
  const { desk, asked } = deskOf([{ events: [event("1-0"), event("2-0")], cursor: null }]);
  const chain = await desk.chain(event("1-0", { event_type: "decision.allowed", correlation_id: "c1" }));
  assert.equal(chain.length, 2);
  assert.deepEqual(asked[0][1], {
    config_entry_id: "hub",
    correlation_id: "c1",
    limit: 50,
    after: "1893455400000-0",
    until: "2030-01-01T02:00:00.000Z",
  });
  assert.deepEqual(await desk.chain(event("1-0")), []);
  assert.equal(asked.length, 1);
});

test("what a rule has done leads to the runs that it has begun, in their order and each event once", async () => {
  const executed = event("3-0", { event_type: "rule.executed", execution_id: "x", correlation_id: "x", data: { call: "c", runs: ["r"] } });
  const [started, called, ended] = [event("1-0", { execution_id: "r" }), event("2-0"), event("4-0", { execution_id: "r" })];
  const { desk, asked } = deskOf([{ events: [called, executed] }, { events: [started, called, executed, ended] }]);
  assert.deepEqual((await desk.chain(executed)).map(({ event_id }) => event_id), ["1-0", "2-0", "3-0", "4-0"]);
  assert.deepEqual(asked.map(([, { correlation_id }]) => correlation_id), ["c", "r"]);
});

test("a rule that acts leads to what comes of it until it acts again", async () => {
  const act = (id, kind, more = {}) => event(id, { event_type: kind, correlation_id: "dry", ...more });
  const started = event("2-0", { event_type: "run.started", execution_id: "r", data: { trigger_id: "dry" } });
  const fired = act("1-0", "rule.fired");
  const near = [act("0-0", "rule.fired"), fired, started, act("3-0", "rule.executed"), act("4-0", "rule.released"), act("5-0", "rule.executed")];
  const { desk, asked } = deskOf([{ events: near }, { events: [started, event("6-0", { execution_id: "r" })] }]);
  assert.deepEqual((await desk.chain(fired)).map(({ event_id }) => event_id), ["1-0", "2-0", "3-0", "6-0"]);
  assert.deepEqual(asked.map(([, { correlation_id }]) => correlation_id), ["dry", "r"]);
});

test("a run is known by the name of its sequence as soon as something was read about it", async () => {
  const { desk } = deskOf([{ events: [event("1-0", { execution_id: "r2", sequence_name: "Tour" })], cursor: null }]);
  assert.equal(desk.names, null);
  await desk.open();
  assert.deepEqual(desk.names.runs, { r1: "Flush", r2: "Tour" });
  assert.equal(desk.speaker.words("x.y", "owner", "run:r2"), "run Tour");
});
