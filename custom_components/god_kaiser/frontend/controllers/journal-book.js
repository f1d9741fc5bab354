/** Events of the journal as they are shown: the newest first, each once, and where some may be missing. */

/** @import { JournalEvent } from "../types.js" */

// So many stay when more and more happens; whoever has read further back keeps what was read.
const MOST = 500;

/**
 * Tell which of two ids comes later: 1 the first one, -1 the second one.
 *
 * @param {string} one
 * @param {string} other
 */
export function compared(one, other) {
  const [moment = 0, number = 0] = one.split("-").map(Number);
  const [otherMoment = 0, otherNumber = 0] = other.split("-").map(Number);
  return Math.sign(moment - otherMoment || number - otherNumber);
}

export class JournalBook {
  /** @type {Record<string, string>} The names of the sequences of all runs that are known or were read about. */
  runs = {};
  /** Before which event the next page ends; nothing where the first event is shown. */
  cursor = /** @type {string|null} */ (null);
  #most;
  #all = /** @type {JournalEvent[]} */ ([]);
  /** The last events before something may be missing. */
  #gaps = /** @type {Set<string>} */ (new Set());

  constructor(most = MOST) {
    this.#most = most;
  }

  /** @returns {readonly JournalEvent[]} The newest first. */
  get events() {
    return this.#all;
  }

  get isEmpty() {
    return this.#all.length === 0;
  }

  /** @param {JournalEvent} event */
  hear(event) {
    this.#put([event]);
    if (this.#all.length <= this.#most) return;
    this.#all.length = this.#most;
    this.cursor = this.#all.at(-1)?.event_id ?? null;
  }

  /**
   * Take over a page that ends where the last one has begun.
   *
   * @param {{events: JournalEvent[], cursor: string|null}} page
   */
  turn({ events, cursor }) {
    this.#put(events);
    this.#most = Math.max(this.#most, this.#all.length + 1);
    this.cursor = cursor;
  }

  /** Note that between what is known and what comes something may be missing. */
  tear() {
    this.#gaps.add(this.#all[0]?.event_id ?? "");
  }

  /**
   * Tell whether something may be missing right after an event; before everything, without one.
   *
   * @param {string} [after]
   */
  isTorn(after = "") {
    return this.#gaps.has(after);
  }

  clear() {
    this.#all = [];
    this.#gaps.clear();
    this.cursor = null;
  }

  /** @param {JournalEvent[]} events */
  #put(events) {
    const known = new Set(this.#all.map(({ event_id }) => event_id));
    const added = events.filter(({ event_id }) => !known.has(event_id));
    for (const { execution_id, sequence_name } of added) if (execution_id && sequence_name) this.runs[execution_id] = sequence_name;
    this.#all = [...this.#all, ...added].sort((one, other) => compared(other.event_id, one.event_id));
  }
}
