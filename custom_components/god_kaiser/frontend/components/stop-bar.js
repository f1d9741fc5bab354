/** The emergency stop: always to be seen, pressed without a question, and what is known about one that is latched. */

/** @import { Api } from "../api.js" */
/** @import { StopBook } from "../controllers/stop-book.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { Pressing } from "./pressing.js";
import { shared } from "./styles.js";

// A connection may be lost without anybody having noticed: whoever presses must hear of that.
const PATIENCE = 3000;

export class StopBar extends LitElement {
  static properties = {
    api: { attribute: false },
    stops: { attribute: false },
    change: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    css`
      button.stop {
        margin-inline-start: auto;
        min-height: 44px;
        padding: 0 20px;
        border: 2px solid #fff;
        background: #c62828;
        color: #fff;
        font-weight: 700;
        letter-spacing: 0.05em;
      }
      button.stop:hover:not(:disabled) {
        background: #a31515;
      }
      summary {
        cursor: pointer;
        min-height: 28px;
      }
      form button,
      input {
        min-height: 40px;
        border: 1px solid #fff;
        color: #fff;
      }
      form button:hover:not(:disabled) {
        background: #a31515;
      }
      input {
        font: inherit;
        margin: 4px 8px;
        padding: 0 10px;
        border-radius: 8px;
        background: rgba(0, 0, 0, 0.2);
      }
      .latched :focus-visible {
        outline-color: #fff;
      }
      :host {
        display: contents;
      }
      [role="alert"] {
        flex: 1 0 100%;
        order: 9;
        font-size: 0.95em;
      }
      .latched {
        max-height: 40vh;
        overflow: auto;
        margin: 4px 0 8px;
        padding: 8px 16px;
        border-radius: 12px;
        background: #c62828;
        color: #fff;
      }
      .latched .problem {
        color: #fff;
        font-weight: 500;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {StopBook|null} */
    this.stops = null;
    this.change = 0;
    this.words = 0;
    this._pressing = new Pressing(this);
    // What became of a release says nothing about a stop.
    this._releasing = new Pressing(this);
  }

  render() {
    const { api, stops } = this;
    if (!api || !stops) return nothing;
    // The button is there even where its words are not.
    const name = api.hasWords ? api.t("stop.press_long") : "Emergency stop";
    const { latched, unproven, tooEarly } = stops;
    const { problem } = this._pressing;
    const isShown = latched.length > 0 || problem;
    return html`
      <button class="stop" aria-label=${name} title=${name} @click=${this._stop}>STOP</button>
      <div role="alert">
        ${isShown
          ? html`<div class="latched">
              ${latched.map((hub) => html`<p><strong>${this._who(api, hub)}</strong></p>`)}
              ${latched.length && unproven.length
                ? html`<p>${api.t("stop.unproven", { devices: unproven.join(", ") })}</p>`
                : nothing}
              ${latched.length && !unproven.length ? html`<p>${api.t("stop.all_rest")}</p>` : nothing}
              ${tooEarly.length ? html`<p>${api.t("stop.too_early", { devices: tooEarly.join(", ") })}</p>` : nothing}
              ${latched.length ? this._release(api) : nothing}
              ${problem ? html`<p class="problem">${problem} ${api.t("stop.by_hand")}</p>` : nothing}
            </div>`
          : nothing}
      </div>
    `;
  }

  /**
   * @param {Api} api
   * @param {import("../types.js").StopState} hub
   */
  _who(api, { by, reason, since }) {
    const name = by === "automation" ? api.t("codes.automation") : (by ?? "?");
    const said = api.t("stop.latched", { time: since ? api.when(since) : "?", name });
    return reason ? `${said} ${api.t("runs.reason", { reason })}` : said;
  }

  /** @param {Api} api */
  _release(api) {
    const { isBusy, shown } = this._releasing;
    return html`<details>
      <summary>${api.t("stop.release")}</summary>
      <form class="row" @submit=${this._permit}>
        <label>${api.t("stop.reason")} <input name="reason" required maxlength="200" autocomplete="off" /></label>
        <button ?disabled=${isBusy}>${api.t("stop.permit")}</button>
      </form>
      ${shown}
    </details>`;
  }

  /** @param {SubmitEvent} event */
  _permit(event) {
    event.preventDefault();
    const { api } = this;
    const reason = new FormData(/** @type {HTMLFormElement} */ (event.target)).get("reason");
    if (api) void this._releasing.press(() => api.ask("clear_emergency_stop", { reason }));
  }

  _stop() {
    const { api } = this;
    // Never greyed out: whoever presses twice has a reason.
    if (!api) return;
    const late = setTimeout(() => this._warn(api.t("stop.no_answer")), PATIENCE);
    void this._pressing.press(() => api.ask("emergency_stop", {})).finally(() => clearTimeout(late));
  }

  /** @param {string} problem */
  _warn(problem) {
    this._pressing.problem = problem;
    this.requestUpdate();
  }
}
