/** Which emergency stops are latched, kept up to date by what the websocket tells. */

/** @import { StopMessage, StopState } from "../types.js" */

export class StopBook {
  /** @type {Map<string, StopState>} */
  #hubs = new Map();

  /** @param {StopMessage} message */
  apply(message) {
    if (message.event_type === "stop_state") {
      this.#hubs.set(message.data.entry_id, message.data);
      return;
    }
    const { entry_id: hub, ...shown } = message.data;
    const known = this.#hubs.get(hub);
    if (!known) return;
    const devices = known.devices.map((device) => (device.esp_id === shown.esp_id ? shown : device));
    this.#hubs.set(hub, { ...known, devices });
  }

  clear() {
    this.#hubs.clear();
  }

  /** @returns {StopState[]} The hubs in which something is stopped. */
  get latched() {
    return [...this.#hubs.values()].filter((hub) => hub.any_stopped);
  }

  /** @returns {string[]} The names of stopped devices that have not shown that everything rests. */
  get unproven() {
    const devices = this.latched.flatMap((hub) => hub.devices);
    return devices.filter((device) => device.state !== "at_rest").map((device) => device.name);
  }

  /** @returns {string[]} The names of devices whose release waits until they may be cleared. */
  get tooEarly() {
    const devices = this.latched.flatMap((hub) => hub.devices);
    return devices.filter((device) => device.release === "too_early").map((device) => device.name);
  }
}
