/** One sequence: what it does, how it went, when it starts next; started and checked from here. */

/** @import { Api } from "../api.js" */
/** @import { KnownSequence, Preflight, Status } from "../types.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { spelled } from "../controllers/clock.js";
import { fieldsOf, mustAsk } from "../controllers/start-form.js";
import { Pressing } from "./pressing.js";
import { shared } from "./styles.js";

/** @type {readonly (Status|null)[]} */
const RESTING = [null, "completed", "failed", "cancelled", "timed_out"];

export class SequenceCard extends LitElement {
  static properties = {
    api: { attribute: false },
    sequence: { attribute: false },
    showsHub: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    css`
      ul {
        margin: 8px 0 0;
        padding-inline-start: 20px;
      }
      li.error > span:first-child {
        color: var(--error-color, #b00020);
      }
      .advice {
        display: block;
      }
      .verdict {
        margin-top: 12px;
        font-weight: 500;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {KnownSequence|null} */
    this.sequence = null;
    this.showsHub = false;
    this.words = 0;
    /** @type {""|"start"|"plan"} What the start form is asked for. */
    this._asking = "";
    this._planned = "";
    /** @type {Preflight|null} */
    this._checked = null;
    this._pressing = new Pressing(this);
  }

  render() {
    const { api, sequence } = this;
    if (!api || !sequence) return nothing;
    return html`
      <article class="card" aria-label=${sequence.name}>
        <div class="head">
          <h3>${sequence.name}</h3>
          ${sequence.status !== null && !RESTING.includes(sequence.status)
            ? html`<span class="status ${sequence.status}">${api.t(`status.${sequence.status}`)}</span>`
            : nothing}
        </div>
        ${sequence.description ? html`<p>${sequence.description}</p>` : nothing}
        <p class="quiet">${this._last(api, sequence)}</p>
        ${sequence.next_start
          ? html`<p class="quiet">${api.t("sequences.next", { time: api.when(sequence.next_start) })}</p>`
          : nothing}
        ${this.showsHub ? html`<p class="quiet">${sequence.hub}</p>` : nothing}
        ${this._planned ? html`<p role="status">${this._planned}</p>` : nothing}
        ${this._pressing.shown} ${this._asking ? this._form(api, sequence) : this._buttons(api, sequence)}
        ${this._checked ? this._findings(api, this._checked) : nothing}
      </article>
    `;
  }

  /**
   * @param {Api} api
   * @param {KnownSequence} sequence
   */
  _last(api, sequence) {
    if (!sequence.last_status || !sequence.last_ended_at) return api.t("sequences.never");
    return api.t("sequences.last", {
      status: api.t(`status.${sequence.last_status}`),
      time: api.when(sequence.last_ended_at),
      span: spelled(sequence.last_seconds ?? 0),
    });
  }

  /**
   * @param {Api} api
   * @param {KnownSequence} sequence
   */
  _buttons(api, sequence) {
    const { isBusy } = this._pressing;
    const ask = () => this._ask("start");
    const hasChoice = fieldsOf(sequence).length > 0;
    const run = mustAsk(sequence) ? ask : () => this._start({ roles: {}, variables: {} });
    const named = (/** @type {string} */ key) => `${api.t(key)}: ${sequence.name}`;
    return html`<div class="buttons">
      ${sequence.may_control
        ? html`<button class="main" ?disabled=${isBusy} aria-label=${named("sequences.run")} @click=${run}>
            ${api.t("sequences.run")}
          </button>`
        : nothing}
      ${sequence.may_control && hasChoice && !mustAsk(sequence)
        ? html`<button ?disabled=${isBusy} aria-label=${named("sequences.run_with")} @click=${ask}>
            ${api.t("sequences.run_with")}
          </button>`
        : nothing}
      <button ?disabled=${isBusy} aria-label=${named("sequences.check")} @click=${this._check}>
        ${api.t("sequences.check")}
      </button>
      ${sequence.may_control
        ? html`<button ?disabled=${isBusy} aria-label=${named("plan.open")} @click=${() => this._ask("plan")}>
            ${api.t("plan.open")}
          </button>`
        : nothing}
      ${api.isAdministrator
        ? html`<button aria-label=${named("sequences.edit")} @click=${this._edit}>${api.t("sequences.edit")}</button>`
        : nothing}
    </div>`;
  }

  /**
   * @param {Api} api
   * @param {KnownSequence} sequence
   */
  _form(api, sequence) {
    return html`<god-kaiser-start-form
      .api=${api}
      .sequence=${sequence}
      .isBusy=${this._pressing.isBusy}
      .isPlan=${this._asking === "plan"}
      .words=${this.words}
      @given=${(/** @type {CustomEvent} */ event) => this._given(event.detail)}
      @given-up=${() => this._ask("")}
    ></god-kaiser-start-form>`;
  }

  /**
   * @param {Api} api
   * @param {Preflight} checked
   */
  _findings(api, checked) {
    return html`<div role="status">
      <p class="verdict">${api.t(`verdict.${checked.verdict}`)}</p>
      <ul>
        ${checked.findings.map(
          ({ text, advice, severity }) => html`<li class=${severity}>
            <span>${text}</span> <span class="advice quiet">${advice}</span>
          </li>`,
        )}
      </ul>
    </div>`;
  }

  /** @param {""|"start"|"plan"} asking */
  _ask(asking) {
    this._asking = asking;
    this._planned = "";
    this.requestUpdate();
  }

  _edit() {
    const { entry_id: hub, id } = this.sequence ?? { entry_id: "", id: "" };
    this._go(`sequences/edit/${hub}/${id}`);
  }

  /** @param {{roles: object, variables: object}} given */
  _given(given) {
    void (this._asking === "plan" ? this._plan(given) : this._start(given));
  }

  /** @param {{roles: object, variables: object}} given */
  async _plan(given) {
    const { api, sequence } = this;
    if (!api || !sequence) return;
    const fields = { sequence: sequence.id, config_entry_id: sequence.entry_id, ...given };
    if (!(await this._pressing.press(() => api.ask("schedule_sequence", fields)))) return;
    this._ask("");
    this._planned = api.t("plan.done");
  }

  _check() {
    const { api, sequence } = this;
    if (!api || !sequence) return;
    this._checked = null;
    void this._pressing.press(async () => {
      this._checked = await api.preflight(sequence.id, sequence.entry_id, {});
    });
  }

  /** @param {{roles: object, variables: object}} given */
  async _start(given) {
    const { api, sequence } = this;
    if (!api || !sequence) return;
    this._checked = null;
    const fields = { sequence: sequence.id, config_entry_id: sequence.entry_id, ...given };
    const isStarted = await this._pressing.press(() => api.ask("run_sequence", fields));
    if (!isStarted) {
      // The refusal names one ground; this tells them all, with what can be done.
      const checked = await api.preflight(sequence.id, sequence.entry_id, given).catch(() => null);
      this._checked = checked?.findings.length ? checked : null;
      this.requestUpdate();
      return;
    }
    this._asking = "";
    this._go("runs");
  }

  /** @param {string} page */
  _go(page) {
    this.dispatchEvent(new CustomEvent("god-kaiser-page", { detail: page, bubbles: true, composed: true }));
  }
}
