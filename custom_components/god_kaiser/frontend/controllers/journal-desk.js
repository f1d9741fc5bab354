/** The journal of one hub as somebody reads it: what happens, what has happened before, and what belongs together. */

/** @import { JournalChoices, JournalEvent } from "../types.js" */
/** @import { JournalFilter } from "./journal-filter.js" */
/** @import { Known, Tongue } from "./journal-speaker.js" */
/** @import { Subscription } from "./subscription.js" */

import { compared, JournalBook } from "./journal-book.js";
import { countOf, EVERYTHING, fieldsOf, isWanted } from "./journal-filter.js";
import { JournalSpeaker } from "./journal-speaker.js";
import { chainsOf } from "./journal-words.js";

const PAGE = 100;
const LONGEST_CHAIN = 50;
const MOST_RUNS_OF_CHAIN = 5;
// So long before and after an event is looked for what belongs to it.
const MINUTES_BEFORE = 10;
const MINUTES_AFTER = 120;
const MINUTE = 60_000;

/**
 * @typedef {Tongue & Asking} Door
 * @typedef {object} Asking What is needed of the one that talks to Home Assistant.
 * @property {(name: string, fields: object) => Promise<any>} ask
 * @property {(command: "journal/catalog", hub: string) => Promise<any>} choices
 * @property {(command: string, to: {tell: (message: any) => void, begun: (isFollowed: boolean) => void},
 *   fields: () => object) => Subscription} subscription
 * @property {(written: string) => string} moment
 * @property {(problem: unknown) => string} sentence
 */

export class JournalDesk {
  book = new JournalBook();
  /** @type {JournalChoices|null} */
  choices = null;
  /** @type {JournalFilter} */
  filter;
  isFollowed = false;
  isReading = false;
  problem = "";
  #api;
  #changed;
  #position = "";
  #turn = 0;
  stream;

  /**
   * @param {Door} api
   * @param {string} hub
   * @param {() => void} changed Called when something is to be drawn anew.
   * @param {Partial<JournalFilter>} [filter]
   */
  constructor(api, hub, changed, filter = {}) {
    this.hub = hub;
    this.filter = { ...EVERYTHING, ...filter };
    this.#api = api;
    this.#changed = changed;
    this.speaker = new JournalSpeaker(api, () => this.names);
    const to = { tell: this.#hear, begun: this.#begun };
    this.stream = api.subscription("subscribe", to, () => ({
      entry_id: hub,
      topics: ["events"],
      ...(this.#position ? { last_event_id: this.#position } : {}),
    }));
  }

  /** @returns {Known|null} What people call everything, with the runs that have been read about. */
  get names() {
    return this.choices && { ...this.choices, runs: this.book.runs };
  }

  /** Whether what happens appears by itself. */
  get isLive() {
    return this.isFollowed && !this.filter.until;
  }

  get isFiltered() {
    return countOf(this.filter) > 0;
  }

  open() {
    this.stream.open();
    return this.read();
  }

  close() {
    this.#turn += 1;
    this.stream.close();
  }

  /** @param {Partial<JournalFilter>} change */
  choose(change) {
    this.filter = { ...this.filter, ...change };
    return this.read();
  }

  /** Begin anew with the latest events that are wanted; that closes every gap. */
  read() {
    this.book.clear();
    return this.#page({});
  }

  /** Read the page before the first event that is shown. */
  older() {
    return this.#page({ before: this.book.cursor });
  }

  /**
   * Return everything that belongs to the same command, or to the same act of a rule, with the runs that it has begun, in its order.
   *
   * @param {JournalEvent} event
   * @returns {Promise<JournalEvent[]>}
   */
  async chain(event) {
    const ids = chainsOf(event);
    if (!ids.length) return [];
    const near = (await Promise.all(ids.map((id) => this.#mentions(id, event)))).flat();
    const belongs = isAct(event) ? actOf(event, near) : near;
    const begun = new Set([...belongs.flatMap(runsOf)].filter((run) => !ids.includes(run)));
    const runs = [...begun].slice(0, MOST_RUNS_OF_CHAIN).map((run) => this.#mentions(run, event));
    const all = new Map([...belongs, ...(await Promise.all(runs)).flat()].map((each) => [each.event_id, each]));
    return [...all.values()].sort((one, other) => compared(one.event_id, other.event_id));
  }

  /**
   * Return the first events around another one that mention an id.
   *
   * @param {string} id
   * @param {JournalEvent} event
   * @returns {Promise<JournalEvent[]>}
   */
  async #mentions(id, event) {
    const at = Date.parse(event.timestamp);
    const after = `${at - MINUTES_BEFORE * MINUTE}-0`;
    const until = new Date(at + MINUTES_AFTER * MINUTE).toISOString();
    const fields = { config_entry_id: this.hub, correlation_id: id, limit: LONGEST_CHAIN, after, until };
    return (await this.#api.ask("get_events", fields)).events;
  }

  /** @param {object} edge */
  async #page(edge) {
    this.#turn += 1;
    const turn = this.#turn;
    this.isReading = true;
    this.problem = "";
    this.#changed();
    try {
      if (!this.choices) this.#learn(await this.#api.choices("journal/catalog", this.hub));
      const wanted = fieldsOf(this.filter, this.choices?.kinds ?? [], (written) => this.#api.moment(written));
      const asked = { config_entry_id: this.hub, ...wanted, ...edge, limit: PAGE };
      const page = await this.#api.ask("get_events", asked);
      if (turn === this.#turn) this.book.turn(page);
    } catch (problem) {
      if (turn === this.#turn) this.problem = this.#api.sentence(problem);
    }
    if (turn !== this.#turn) return;
    this.isReading = false;
    this.#changed();
  }

  /** @param {JournalChoices} choices */
  #learn(choices) {
    this.choices = choices;
    this.book.runs = { ...choices.runs, ...this.book.runs };
  }

  /** @param {any} message */
  #hear = (message) => {
    switch (message.event_type) {
      case "closed":
        this.stream.again();
        return;
      case "snapshot":
        this.#begin(message.data);
        break;
      default:
        this.#position = message.event_id;
        if (!isWanted(this.filter, message, this.choices?.people ?? {})) return;
        this.book.hear(message);
    }
    this.#changed();
  };

  /** @param {{replay_gap: boolean, hubs: {entry_id: string, last_event_id: string}[]}} snapshot */
  #begin({ replay_gap: isTorn, hubs }) {
    if (isTorn) this.book.tear();
    const known = hubs.find(({ entry_id }) => entry_id === this.hub);
    if (known && (isTorn || !this.#position)) this.#position = known.last_event_id;
  }

  /** @param {boolean} isFollowed */
  #begun = (isFollowed) => {
    this.isFollowed = isFollowed;
    // What could not be read without a connection is read now.
    if (isFollowed && this.problem) void this.read();
    this.#changed();
  };
}

// A rule that begins or ends to want something is known by its id alone: what belongs to that lasts until it does so again.
const ACTS = ["rule.fired", "rule.released"];

/** @param {JournalEvent} event */
const isAct = ({ event_type }) => ACTS.includes(event_type);

/**
 * Return what a rule has done at one time, of everything that mentions it.
 *
 * @param {JournalEvent} event
 * @param {JournalEvent[]} events
 */
function actOf(event, events) {
  const later = events.filter(({ event_id }) => compared(event_id, event.event_id) > 0);
  const next = later.findIndex(isAct);
  return [event, ...(next < 0 ? later : later.slice(0, next))];
}

/**
 * Return the runs that somebody has begun, or that tell by whom they were.
 *
 * @param {JournalEvent} event
 * @returns {string[]}
 */
const runsOf = ({ event_type, execution_id, data }) => [
  ...(Array.isArray(data?.runs) ? data.runs.filter((run) => typeof run === "string") : []),
  ...(event_type === "run.started" && execution_id ? [execution_id] : []),
];
