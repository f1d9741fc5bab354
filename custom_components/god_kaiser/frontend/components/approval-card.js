/** A question that a run waits for: what it is about, who may decide, and how long there is time. */

/** @import { Api } from "../api.js" */
/** @import { Approval, KnownRun } from "../types.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { spelled } from "../controllers/clock.js";
import { timeToDecide } from "../controllers/run-book.js";
import { Pressing } from "./pressing.js";
import { shared } from "./styles.js";

export class ApprovalCard extends LitElement {
  static properties = {
    api: { attribute: false },
    run: { attribute: false },
    approval: { attribute: false },
    now: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    css`
      .card {
        border-inline-start: 4px solid var(--warning-color, #ffa600);
      }
      .text {
        font-size: 1.1em;
        margin: 8px 0;
        white-space: pre-line;
      }
      .left {
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {KnownRun|null} */
    this.run = null;
    /** @type {Approval|null} */
    this.approval = null;
    this.now = 0;
    this.words = 0;
    this._pressing = new Pressing(this);
  }

  render() {
    const { api, run, approval } = this;
    if (!api || !run || !approval) return nothing;
    const people = approval.by.join(", ") || api.t("approvals.everybody");
    const left = timeToDecide(run, approval, this.now);
    const time = left === null ? "" : spelled(left);
    return html`
      <article class="card" aria-label=${api.t("approvals.of", { sequence: run.sequence_name })}>
        <div class="head">
          <h3>${run.sequence_name}</h3>
          ${time ? html`<span class="left" role="timer" aria-live="off">${api.t("approvals.left", { time })}</span>` : nothing}
        </div>
        <p class="text">${approval.text}</p>
        <p class="quiet">${api.t("approvals.people", { people })}</p>
        ${time ? html`<p class="quiet">${api.t(`at_deadline.${approval.at_deadline}`)}</p>` : nothing}
        ${this._pressing.shown}
        ${approval.may_decide ? this._buttons(api, run, approval) : html`<p>${api.t("approvals.not_yours")}</p>`}
      </article>
    `;
  }

  /**
   * @param {Api} api
   * @param {KnownRun} run
   * @param {Approval} approval
   */
  _buttons(api, run, approval) {
    const decide = (/** @type {string} */ action) => () =>
      this._pressing.press(() => api.ask(action, { run_id: run.run_id, question: approval.question }));
    return html`<div class="buttons">
      <button class="main" ?disabled=${this._pressing.isBusy} @click=${decide("approve_step")}>
        ${api.t("approvals.approve")}
      </button>
      <button ?disabled=${this._pressing.isBusy} @click=${decide("reject_step")}>${api.t("approvals.reject")}</button>
    </div>`;
  }
}
