import assert from "node:assert/strict";
import test from "node:test";
import { Api } from "../../custom_components/god_kaiser/frontend/api.js";

const WORDS = {
  "component.god_kaiser.config_panel.panel.title": "God-Kaiser",
  "component.god_kaiser.config_panel.panel.no_connection": "Nobody is there.",
  "component.god_kaiser.config_panel.panel.unknown_problem": "Nobody says why.",
  "component.god_kaiser.exceptions.sequence_not_found.message": "5611: {given} does not exist.",
};

function hassOf(changes = {}) {
  const sent = [];
  const hass = {
    localize: (key, words = {}) => (WORDS[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => words[name]),
    loadBackendTranslation: async (category, domain) => sent.push([category, domain]),
    language: "en",
    locale: { language: "en", time_format: "24", time_zone: "server" },
    config: { time_zone: "Europe/Berlin" },
    dockedSidebar: "docked",
    states: {},
    entities: {},
    connection: {
      sendMessagePromise: async (message) => {
        sent.push(message);
        return { lines: ["a line"] };
      },
      subscribeMessage: async (callback, message) => {
        sent.push(message);
        return () => sent.push(`end of ${message.type}`);
      },
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    },
    ...changes,
  };
  const api = new Api();
  api.update(hass);
  return { api, hass, sent };
}

test("only new words or a new way to write moments are news", () => {
  const { api, hass } = hassOf();
  assert.equal(api.update({ ...hass, states: { "switch.a": {} } }), false);
  assert.equal(api.update({ ...hass, locale: { ...hass.locale } }), true);
  assert.equal(api.update({ ...hass, localize: () => "" }), true);
});

test("the words of the panel and of its errors are loaded once for each language", async () => {
  const { api, hass, sent } = hassOf();
  await api.loadWords();
  await api.loadWords();
  const categories = ["config_panel", "exceptions", "services"];
  assert.deepEqual(sent, categories.map((category) => [category, "god_kaiser"]));
  api.update({ ...hass, language: "de" });
  await api.loadWords();
  assert.equal(sent.length, 6);
});

test("words that could not be loaded are asked for again", async () => {
  let tries = 0;
  const { api } = hassOf({ loadBackendTranslation: async () => { tries += 1; throw new Error("away"); } });
  await api.loadWords();
  await api.loadWords();
  assert.equal(tries, 6);
});

test("an error is told in the words of who reads, else in its own, else in ours", () => {
  const { api } = hassOf();
  const named = { translation_domain: "god_kaiser", translation_key: "sequence_not_found" };
  assert.equal(
    api.sentence({ ...named, translation_placeholders: { given: "it" }, message: "English" }),
    "5611: it does not exist.",
  );
  assert.equal(api.sentence({ translation_domain: "x", translation_key: "y", message: "Theirs" }), "Theirs");
  assert.equal(api.sentence({ message: "Unauthorized" }), "Unauthorized");
  assert.equal(api.sentence(undefined), "Nobody says why.");
  assert.equal(api.sentence(3), "Nobody is there.");
});

test("whatever is done or told is asked for with its name and its fields", async () => {
  const { api, sent } = hassOf();
  await api.ask("emergency_stop", {});
  assert.deepEqual(await api.log("r1"), ["a line"]);
  await api.preflight("s1", "hub", { roles: { bed: "valve.left" } });
  const question = { type: "god_kaiser/ask" };
  assert.deepEqual(sent, [
    { ...question, name: "emergency_stop", fields: {} },
    { ...question, name: "get_run_logs", fields: { run_id: "r1", limit: 200 } },
    {
      ...question,
      name: "preflight_sequence",
      fields: { roles: { bed: "valve.left" }, sequence: "s1", config_entry_id: "hub" },
    },
  ]);
});

test("what every page needs is followed once, in one subscription, and left again", async () => {
  const { api, sent } = hassOf();
  const listeners = { tell: () => undefined, begun: () => undefined };
  api.follow(listeners);
  api.follow(listeners);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(sent, [{ type: "god_kaiser/runs/subscribe", stop: true }]);
  assert.equal(api.refusal, "");
  api.leave();
  assert.deepEqual(sent.slice(1), ["end of god_kaiser/runs/subscribe"]);
});

test("who is not let in is told why, in words", async () => {
  const refused = { translation_domain: "god_kaiser", translation_key: "sequence_not_found", translation_placeholders: { given: "x" } };
  const { api, hass } = hassOf();
  hass.connection.subscribeMessage = async () => {
    throw refused;
  };
  const begun = [];
  api.follow({ tell: () => undefined, begun: (isFollowed) => begun.push(isFollowed) });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual([api.refusal, begun], ["5611: x does not exist.", [false]]);
  api.leave();
});

test("a moment is written as the person has it set, with its day unless that is today", () => {
  const { api, hass } = hassOf();
  assert.equal(api.when("2020-11-21T06:30:00+00:00"), "Nov 21, 07:30");
  api.update({ ...hass, locale: { ...hass.locale, time_format: "12" } });
  assert.match(api.when("2020-11-21T16:30:00+00:00"), /^Nov 21, 5:30\sPM$/);
  assert.doesNotMatch(api.when(new Date().toISOString()), /\w{3} \d/);
});

test("the menu button is there where the sidebar is not", () => {
  const { api, hass } = hassOf();
  assert.deepEqual([api.needsMenuButton(true), api.needsMenuButton(false)], [true, false]);
  api.update({ ...hass, dockedSidebar: "always_hidden" });
  assert.equal(api.needsMenuButton(false), true);
});

test("entities are found by their domain, and by no other", () => {
  const states = { "person.eve": { attributes: { friendly_name: "Eve" } }, "sun.sun": { attributes: {} } };
  const { api } = hassOf({ states });
  assert.deepEqual(api.entities("person"), [{ id: "person.eve", name: "Eve" }]);
  assert.deepEqual(api.entities().map(({ id }) => id), ["person.eve", "sun.sun"]);
});

test("who is an administrator is known, and nobody is one before that", () => {
  const { api, hass } = hassOf();
  assert.deepEqual([api.isAdministrator, api.userId], [false, ""]);
  api.update({ ...hass, user: { id: "eve", is_admin: true } });
  assert.deepEqual([api.isAdministrator, api.userId], [true, "eve"]);
});

test("what the editor asks for names its hub", async () => {
  const { api, sent } = hassOf();
  await api.house("hub");
  await api.checkDraft("hub", { id: "a" });
  await api.save("hub", { id: "a" });
  await api.kept("hub", "a");
  await api.text("hub", "a");
  assert.deepEqual(sent[0], { type: "god_kaiser/editor/catalog", entry_id: "hub" });
  assert.deepEqual(
    sent.slice(1).map(({ name, fields }) => [name, fields.config_entry_id]),
    [
      ["check_sequence", "hub"],
      ["save_sequence", "hub"],
      ["get_sequence", "hub"],
      ["export_sequence", "hub"],
    ],
  );
});

test("a moment is meant as the person reads moments", () => {
  const { api, hass } = hassOf();
  assert.equal(api.moment("2030-01-01T06:00"), "2030-01-01T06:00");
  api.update({ ...hass, locale: { ...hass.locale, time_zone: "local" } });
  assert.equal(api.moment("2030-01-01T06:00"), new Date("2030-01-01T06:00").toISOString());
});

test("a word, an action and its fields have names, where there are any", () => {
  const words = { "config_panel.details.esp_id": "Gerät", "services.undo.name": "Zurück", "services.undo.fields.at.name": "Wann" };
  const { api } = hassOf({ localize: (key) => words[key.replace("component.god_kaiser.", "")] ?? "" });
  assert.deepEqual([api.known("details.esp_id"), api.known("details.strange")], ["Gerät", ""]);
  assert.deepEqual([api.action("undo"), api.action("undo", "at"), api.action("redo"), api.action("undo", "by")], ["Zurück", "Wann", "", ""]);
});

test("an entity has the name that people see", () => {
  const { api } = hassOf({ states: { "fan.a": { attributes: { friendly_name: "Air" } }, "fan.b": { attributes: {} } } });
  assert.deepEqual([api.entityName("fan.a"), api.entityName("fan.b"), api.entityName("fan.c")], ["Air", "", ""]);
});

test("a number is written as the person reads numbers", () => {
  const { api, hass } = hassOf({ language: "de" });
  assert.equal(api.number(7.25), "7,25");
  api.update({ ...hass, locale: { ...hass.locale, number_format: "comma_decimal" } });
  assert.deepEqual([api.number(7.25), api.number(1, 2)], ["7.25", "1.00"]);
});

test("a place is told where somebody has said it", () => {
  const { api } = hassOf();
  assert.equal(api.placeOf({ translation_placeholders: { place: "open / 1" } }), "open / 1");
  assert.deepEqual([api.placeOf({}), api.placeOf(3), api.placeOf(null)], ["", "", ""]);
});

test("pages ask and follow by the same door", async () => {
  const { api, sent } = hassOf();
  await api.choices("journal/catalog", "hub");
  assert.deepEqual(await api.ask("export_run", { run_id: "r1" }), { lines: ["a line"] });
  let last = "1-0";
  const stream = api.subscription("subscribe", { tell: () => undefined, begun: () => undefined }, () => ({ last }));
  stream.open();
  await new Promise((resolve) => setTimeout(resolve, 0));
  last = "2-0";
  stream.again();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(sent[0], { type: "god_kaiser/journal/catalog", entry_id: "hub" });
  assert.deepEqual(sent[1], { type: "god_kaiser/ask", name: "export_run", fields: { run_id: "r1" } });
  assert.deepEqual(sent.slice(2), [
    { type: "god_kaiser/subscribe", last: "1-0" },
    "end of god_kaiser/subscribe",
    { type: "god_kaiser/subscribe", last: "2-0" },
  ]);
  stream.close();
});

test("a moment is told to the second where that matters", () => {
  const { api } = hassOf();
  assert.equal(api.exactly("2020-11-21T06:30:07+00:00"), "Nov 21, 07:30:07");
});
