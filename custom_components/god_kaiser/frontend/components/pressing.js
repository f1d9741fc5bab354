/** What is pressed: busy until it is answered, and what has gone wrong in words. */

/** @import { ReactiveController, ReactiveControllerHost } from "../vendor/lit.js" */
/** @import { Api } from "../api.js" */

import { html, nothing } from "../vendor/lit.js";

/** @implements {ReactiveController} */
export class Pressing {
  isBusy = false;
  problem = "";
  /** @type {ReactiveControllerHost & {api: Api|null}} */
  #host;

  /** @param {ReactiveControllerHost & {api: Api|null}} host */
  constructor(host) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected() {}

  /**
   * Do what was pressed; tell whether it has worked.
   *
   * @param {() => Promise<void>} deed
   */
  async press(deed) {
    this.isBusy = true;
    this.problem = "";
    this.#host.requestUpdate();
    try {
      await deed();
      this.problem = "";
      return true;
    } catch (problem) {
      this.problem = this.#host.api?.sentence(problem) ?? String(problem);
      return false;
    } finally {
      this.isBusy = false;
      this.#host.requestUpdate();
    }
  }

  get shown() {
    return this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing;
  }
}
