/** The alarms of every hub that are not normal, as the websocket tells them: all of them, whenever one has moved. */

/** @import { Alarm, AlarmMessage } from "../types.js" */

const UNSEEN = ["unacknowledged", "returned", "latched_unacknowledged"];
const ASIDE = ["shelved", "suppressed"];
/** @type {Readonly<Record<string, string>>} */
const COLOURS = { critical: "error", high: "error", medium: "warn", low: "running" };
const MINUTE = 60;
// What somebody usually means by "not now", in minutes.
const SPANS = [15, 60, 240, 480, 1440];

export class AlarmBook {
  /** @type {Map<string, Alarm[]>} */
  #hubs = new Map();

  /** @param {AlarmMessage} message */
  apply(message) {
    const entry = message.data.entry_id;
    if (message.event_type === "hub_gone") this.#hubs.delete(entry);
    else this.#hubs.set(entry, message.data.alarms);
  }

  clear() {
    this.#hubs.clear();
  }

  /**
   * Return the alarms of a hub by who has to do something about them, nothing where nobody has told any.
   *
   * @param {string} entry
   */
  of(entry) {
    const alarms = this.#hubs.get(entry);
    if (!alarms) return null;
    return {
      asking: alarms.filter(isUnseen),
      known: alarms.filter((alarm) => !isUnseen(alarm) && !isAside(alarm)),
      aside: alarms.filter(isAside),
    };
  }
}

/** @param {Alarm} alarm */
export const isUnseen = ({ state }) => UNSEEN.includes(state);

/** @param {Alarm} alarm */
const isAside = ({ state }) => ASIDE.includes(state);

/**
 * Return how an alarm is coloured: as urgent as it is while it is so, quietly when it is over or set aside.
 *
 * @param {Alarm} alarm
 */
export const colourOf = (alarm) => (alarm.is_present && !isAside(alarm) ? (COLOURS[alarm.priority] ?? "") : "");

/**
 * Return what somebody can do about an alarm now.
 *
 * @param {Alarm} alarm
 */
export function movesOf(alarm) {
  const isShelved = alarm.state === "shelved";
  return {
    acknowledge: isUnseen(alarm),
    reset: alarm.is_latched && !alarm.is_present && !isAside(alarm),
    shelve: alarm.can_be_shelved_for > 0 && !isShelved && alarm.is_present,
    unshelve: isShelved,
  };
}

/**
 * Return for how many minutes an alarm may be set aside; the longest span is what is allowed at most.
 *
 * @param {Alarm} alarm
 */
export const spansOf = ({ can_be_shelved_for: longest }) => SPANS.filter((minutes) => minutes * MINUTE <= longest);
