/** What can be done with a run, as its status and the rights of the person permit. */

/** @import { Run, Status } from "../types.js" */

/** @typedef {"pause"|"hold"|"resume"|"cancel"|"retry"} RunAction */

/** @type {Record<Status, RunAction[]>} */
const POSSIBLE = {
  queued: ["cancel"],
  preflight: ["cancel"],
  running: ["pause", "hold", "cancel"],
  waiting: ["pause", "hold", "cancel"],
  paused: ["resume", "cancel"],
  held: ["resume", "pause", "cancel"],
  stopping: [],
  interrupted: ["resume", "cancel"],
  completed: [],
  failed: ["retry"],
  cancelled: ["retry"],
  timed_out: ["retry"],
};

/** @type {Record<RunAction, string>} */
const ACTIONS = {
  pause: "pause_sequence",
  hold: "hold_sequence",
  resume: "resume_sequence",
  cancel: "cancel_sequence",
  retry: "retry_sequence",
};

/**
 * @param {Pick<Run, "status"|"may_control">} run
 * @returns {RunAction[]}
 */
export const possible = (run) => (run.may_control ? (POSSIBLE[run.status] ?? []) : []);

/** @param {RunAction} action */
export const actionOf = (action) => ACTIONS[action];
