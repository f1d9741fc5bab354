/** How every hub is, and its latest numbers, kept up to date by what the websocket tells. */

/** @import { HealthFinding, HealthMetrics, HealthMessage, HealthState } from "../types.js" */

// So many numbers are drawn: five minutes, one every five seconds.
const MOST = 60;

/** @typedef {"lag"|"waiting"|"slowest"|"online"} Trace What is drawn as a line. */
/** @typedef {{state: HealthState|null, metrics: HealthMetrics|null, traces: Record<Trace, number[]>}} Hub */

export class HealthBook {
  /** @type {Map<string, Hub>} */
  #hubs = new Map();

  /** @param {HealthMessage} message */
  apply(message) {
    const entry = message.data.entry_id;
    if (message.event_type === "hub_gone") {
      this.#hubs.delete(entry);
      return;
    }
    const traces = { lag: [], waiting: [], slowest: [], online: [] };
    /** @type {Hub} */
    const hub = this.of(entry) ?? { state: null, metrics: null, traces };
    this.#hubs.set(entry, hub);
    if (message.event_type === "health_state") hub.state = message.data;
    else take(hub, message.data.metrics);
  }

  clear() {
    this.#hubs.clear();
  }

  /** @param {string} entry */
  of(entry) {
    return this.#hubs.get(entry) ?? null;
  }
}

/**
 * @param {Hub} hub
 * @param {HealthMetrics} metrics
 */
function take(hub, metrics) {
  hub.metrics = metrics;
  const seen = {
    lag: metrics.loop_lag_ms,
    waiting: metrics.events.waiting,
    slowest: slowestOf(metrics) ?? 0,
    online: metrics.devices.online,
  };
  for (const [name, value] of Object.entries(seen)) {
    const trace = hub.traces[/** @type {Trace} */ (name)];
    trace.push(value);
    if (trace.length > MOST) trace.shift();
  }
}

/**
 * Return how long the slowest device takes for 19 of 20 answers, nothing where none has answered yet.
 *
 * @param {HealthMetrics} metrics
 */
export function slowestOf({ answers }) {
  const times = Object.values(answers).map(({ p95_ms }) => p95_ms);
  return times.length ? Math.max(...times) : null;
}

/**
 * Return everything that was found, the worst first.
 *
 * @param {HealthState} state
 * @returns {(HealthFinding & {category: string})[]}
 */
export function findingsOf({ categories }) {
  const all = Object.entries(categories).flatMap(([category, { findings }]) =>
    findings.map((finding) => ({ ...finding, category })),
  );
  const rank = ["error", "warn"];
  return all.sort((one, other) => rank.indexOf(one.severity) - rank.indexOf(other.severity));
}

/**
 * Return parts of a whole in percent of the largest, as bars are drawn.
 *
 * @param {Record<string, number>} counts
 */
export function barsOf(counts) {
  const most = Math.max(1, ...Object.values(counts));
  return Object.entries(counts).map(([name, count]) => ({ name, count, percent: Math.round((100 * count) / most) }));
}

/**
 * Return the points of a line through values, in a picture of 100 by 30; one that stands still lies at the bottom.
 *
 * @param {readonly number[]} values
 */
export function pointsOf(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(...values)];
  const [wide, tall] = [100 / Math.max(1, values.length - 1), 28 / (high - low || 1)];
  return values.map((value, index) => `${round(index * wide)},${round(29 - (value - low) * tall)}`).join(" ");
}

/** @param {number} bytes */
export const megabytesOf = (bytes) => round(bytes / 1_000_000);

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
