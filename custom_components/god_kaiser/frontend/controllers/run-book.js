/** Everything that is known about runs and sequences, kept up to date by what the websocket tells. */

/** @import { Approval, KnownRun, KnownSequence, Run, RunMessage, Status } from "../types.js" */

import { remaining } from "./clock.js";

/** @type {readonly Status[]} */
const ENDED = ["completed", "failed", "cancelled", "timed_out"];
/** @type {readonly Status[]} */
const MOVING = ["running", "waiting"];

/** @typedef {{hub: string, runs: Map<string, KnownRun>, sequences: Map<string, KnownSequence>}} Hub */

/** @param {Pick<Run, "status">} run */
export const isOver = (run) => ENDED.includes(run.status);

/** @param {Pick<Run, "status">} run */
export const isMoving = (run) => MOVING.includes(run.status);

/**
 * Return what is left at least; a step of which nobody knows how long it takes does not make that less.
 *
 * @param {KnownRun} run
 * @param {number} now
 */
export function timeLeft(run, now) {
  const left = remaining(run.seconds_left, run.received, now, isMoving(run));
  return left === null ? null : Math.max(left, run.seconds_after_step ?? 0);
}

/**
 * @param {KnownRun} run
 * @param {Approval} approval
 * @param {number} now
 */
export const timeToDecide = (run, approval, now) =>
  remaining(approval.seconds_left, run.received, now, isMoving(run));

// What ends runs from outside is told by words for programs; their sentence stands in the error or in the status.
const WORDS_FOR_PROGRAMS = /^(?=.*_)[a-z_]+(, [a-z_]+)*$|^(approval|cancelled|excluded)$/;
const TRANSLATED = ["rejected", "restart", "restarted"];

/**
 * Return why, where that can be said in words.
 *
 * @param {Pick<Run, "reason">} run
 * @param {(key: string) => string} t
 */
export function reasonOf({ reason }, t) {
  if (!reason || WORDS_FOR_PROGRAMS.test(reason)) return "";
  return TRANSLATED.includes(reason) ? t(`reasons.${reason}`) : reason;
}

/**
 * Return who has ended a run before its time, or nothing where nobody has.
 *
 * @param {Pick<Run, "ended_by">} run
 * @param {(key: string, words: Record<string, string>) => string} t
 */
export function endedBy({ ended_by: hand }, t) {
  if (!hand) return "";
  const [kind, ...name] = hand.split(" ");
  return t(`ended_by.${kind}`, { name: name.join(" ") });
}

/**
 * Return why a run has failed; one that somebody has cancelled has not.
 *
 * @param {Pick<Run, "error"|"status">} run
 */
export const failureOf = ({ error, status }) => (error && status !== "cancelled" ? error.text : "");

export class RunBook {
  /** @type {Map<string, Hub>} */
  #hubs = new Map();

  /**
   * Take over what was told; a hub of which nothing is known yet begins with its whole state.
   *
   * @param {RunMessage} message
   * @param {number} now
   */
  apply({ event_type: kind, data }, now) {
    if (kind === "hub_gone") {
      this.#hubs.delete(data.entry_id);
      return;
    }
    if (kind === "runs_state") {
      this.#hubs.set(data.entry_id, { hub: data.hub ?? "", runs: new Map(), sequences: new Map() });
    }
    const hub = this.#hubs.get(data.entry_id);
    if (!hub) return;
    const from = { hub: hub.hub, entry_id: data.entry_id };
    for (const run of data.runs ?? []) hub.runs.set(run.run_id, { ...run, ...from, received: now });
    for (const sequence of data.sequences ?? []) hub.sequences.set(sequence.id, { ...sequence, ...from });
    for (const key of data.runs_gone ?? []) hub.runs.delete(key);
    for (const key of data.sequences_gone ?? []) hub.sequences.delete(key);
  }

  /** Forget everything: a new connection begins with the whole state. */
  clear() {
    this.#hubs.clear();
  }

  get hasSeveralHubs() {
    return this.#hubs.size > 1;
  }

  /** @returns {{id: string, name: string}[]} */
  get hubs() {
    return [...this.#hubs].map(([id, { hub }]) => ({ id, name: hub }));
  }

  get isEmpty() {
    return this.#hubs.size === 0;
  }

  /** @returns {KnownRun[]} */
  get going() {
    return this.#runs().filter((run) => !isOver(run));
  }

  /** @returns {KnownRun[]} */
  get ended() {
    const over = this.#runs().filter(isOver);
    return over.sort((one, other) => (other.ended_at ?? "").localeCompare(one.ended_at ?? ""));
  }

  /** @returns {{run: KnownRun, approval: Approval}[]} The questions that are open, the most urgent first. */
  get approvals() {
    const open = this.#runs().flatMap((run) => run.approvals.map((approval) => ({ run, approval })));
    const left = (/** @type {{approval: Approval}} */ { approval }) => approval.seconds_left ?? Infinity;
    return open.sort((one, other) => Number(left(one) > left(other)) - Number(left(one) < left(other)));
  }

  /** @returns {KnownSequence[]} */
  get sequences() {
    const all = [...this.#hubs.values()].flatMap((hub) => [...hub.sequences.values()]);
    return all.sort((one, other) => one.name.localeCompare(other.name));
  }

  /** @returns {KnownRun[]} */
  #runs() {
    const all = [...this.#hubs.values()].flatMap((hub) => [...hub.runs.values()]);
    return all.sort((one, other) => other.started_at.localeCompare(one.started_at));
  }
}
