/** One run: how far it is, why it has ended, and what can be done with it. */

/** @import { Api } from "../api.js" */
/** @import { RunAction } from "../controllers/run-actions.js" */
/** @import { KnownRun, Line } from "../types.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { spelled } from "../controllers/clock.js";
import { actionOf, possible } from "../controllers/run-actions.js";
import { endedBy, failureOf, isOver, reasonOf, timeLeft } from "../controllers/run-book.js";
import { Pressing } from "./pressing.js";
import { shared } from "./styles.js";

export class RunCard extends LitElement {
  static properties = {
    api: { attribute: false },
    run: { attribute: false },
    now: { attribute: false },
    showsHub: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    css`
      progress {
        width: 100%;
        height: 8px;
        margin: 10px 0 6px;
        border: none;
        border-radius: 4px;
        overflow: hidden;
        appearance: none;
        background: var(--divider-color, #e0e0e0);
      }
      progress::-webkit-progress-bar {
        background: var(--divider-color, #e0e0e0);
      }
      progress::-webkit-progress-value {
        background: var(--state-color);
        transition: inline-size 0.4s;
      }
      progress::-moz-progress-bar {
        background: var(--state-color);
      }
      ol {
        margin: 12px 0 0;
        padding: 0;
        list-style: none;
        max-height: 300px;
        overflow: auto;
        font-size: 0.9em;
      }
      li {
        padding: 4px 0;
        border-top: 1px solid var(--divider-color, #e0e0e0);
      }
      li.error {
        color: var(--error-color, #b00020);
      }
      @media (prefers-reduced-motion: reduce) {
        progress::-webkit-progress-value {
          transition: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {KnownRun|null} */
    this.run = null;
    this.now = 0;
    this.showsHub = false;
    this.words = 0;
    /** @type {Line[]|null} */
    this._lines = null;
    /** @type {KnownRun|null} */
    this._shownLog = null;
    this._showsReport = false;
    this._pressing = new Pressing(this);
    // The log is read anew at any time, which says nothing about a button that was pressed.
    this._reading = new Pressing(this);
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    // An open log follows its run.
    if (changed.has("run") && this._lines && this._shownLog !== this.run) void this._readLog();
  }

  render() {
    const { api, run } = this;
    if (!api || !run) return nothing;
    return html`
      <article class="card ${run.status}" aria-label=${run.sequence_name}>
        <div class="head">
          <h3>${run.sequence_name}</h3>
          <span class="status ${run.status}">${api.t(`status.${run.status}`)}</span>
        </div>
        ${isOver(run) ? this._ended(api, run) : this._going(api, run)}
        <p class="quiet">${this._begun(api, run)}</p>
        ${this._pressing.shown}
        <div class="buttons">
          ${possible(run).map((action) => this._button(api, run, action))}
          <button
            aria-expanded=${this._lines !== null}
            aria-label=${`${api.t("runs.log")}: ${run.sequence_name}`}
            @click=${this._toggleLog}
          >
            ${api.t("runs.log")}
          </button>
          ${isOver(run) ? this._reportButton(api, run) : nothing}
          <button aria-label=${`${api.t("pages.journal")}: ${run.sequence_name}`} @click=${this._goToJournal}>
            ${api.t("pages.journal")}
          </button>
        </div>
        ${this._reading.shown} ${this._lines ? this._log(api, this._lines) : nothing}
        ${this._showsReport && isOver(run)
          ? html`<god-kaiser-run-report .api=${api} .run=${run.run_id}></god-kaiser-run-report>`
          : nothing}
      </article>
    `;
  }

  /**
   * @param {Api} api
   * @param {KnownRun} run
   */
  _going(api, run) {
    const left = timeLeft(run, this.now);
    const reason = reasonOf(run, (key) => api.t(key));
    const step = run.current_step;
    const at = step && { phase: step.phase, number: step.index, name: step.name || api.t(`steps.${step.kind}`) };
    return html`
      <progress max="100" value=${run.progress} aria-label=${api.t("runs.progress")}></progress>
      <div class="row">
        <span>${api.t("runs.percent", { percent: run.progress })}</span>
        ${left === null || left < 1 ? nothing : html`<span>${api.t("runs.left", { time: spelled(left) })}</span>`}
      </div>
      ${at ? html`<p>${api.t("runs.step", at)}</p>` : run.phase ? html`<p>${run.phase}</p>` : nothing}
      ${step && step.attempt > 1 ? html`<p>${api.t("runs.attempt", { number: step.attempt })}</p>` : nothing}
      ${run.halted_by && (run.status === "paused" || run.status === "held") ? html`<p>${api.t("runs.halted_by", { name: run.halted_by })}</p>` : nothing}
      ${reason ? html`<p>${api.t("runs.reason", { reason })}</p>` : nothing}
      ${run.paused_until ? html`<p>${api.t("runs.until", { time: api.when(run.paused_until) })}</p>` : nothing}
    `;
  }

  /**
   * @param {Api} api
   * @param {KnownRun} run
   */
  _ended(api, run) {
    const [failure, reason] = [failureOf(run), reasonOf(run, (key) => api.t(key))];
    const hand = endedBy(run, (key, words) => api.t(key, words));
    const span = spelled(run.runtime_seconds);
    return html`
      ${run.ended_at ? html`<p>${api.t("runs.ended", { time: api.when(run.ended_at), span })}</p>` : nothing}
      ${failure ? html`<p class="problem">${failure}</p>` : nothing}
      ${hand ? html`<p>${hand}</p>` : nothing}
      ${reason ? html`<p>${api.t("runs.reason", { reason })}</p>` : nothing}
      ${run.partial ? html`<p>${api.t("runs.partial")}</p>` : nothing}
    `;
  }

  /**
   * @param {Api} api
   * @param {KnownRun} run
   */
  _begun(api, run) {
    const kind = run.trigger.name || run.trigger.kind !== "user" ? run.trigger.kind : "somebody";
    const who = api.t(`started_by.${kind}`, { name: run.trigger.name });
    const parts = [api.t("runs.begun", { time: api.when(run.started_at) }), who];
    if (run.retry_of) parts.push(api.t("runs.is_retry"));
    if (this.showsHub) parts.push(run.hub);
    return parts.join(" · ");
  }

  /**
   * @param {Api} api
   * @param {KnownRun} run
   * @param {RunAction} action
   */
  _button(api, run, action) {
    const name = api.t(`run_actions.${action}`);
    return html`<button
      ?disabled=${this._pressing.isBusy}
      title=${api.t(`run_hints.${action}`)}
      aria-label=${`${name}: ${run.sequence_name}`}
      @click=${() => this._pressing.press(() => api.ask(actionOf(action), { run_id: run.run_id }))}
    >
      ${name}
    </button>`;
  }

  /**
   * @param {Api} api
   * @param {KnownRun} run
   */
  _reportButton(api, run) {
    return html`<button
      aria-expanded=${this._showsReport}
      aria-label=${`${api.t("runs.report")}: ${run.sequence_name}`}
      @click=${this._toggleReport}
    >
      ${api.t("runs.report")}
    </button>`;
  }

  /**
   * @param {Api} api
   * @param {Line[]} lines
   */
  _log(api, lines) {
    if (!lines.length) return html`<p class="quiet">${api.t("runs.log_empty")}</p>`;
    return html`<ol tabindex="0" aria-label=${api.t("runs.log")}>
      ${lines.map(
        (line) => html`<li class=${line.level}>
          <span class="quiet">${api.when(line.at)}${line.place ? ` · ${line.place}` : ""}</span> ${line.human}
        </li>`,
      )}
    </ol>`;
  }

  _goToJournal() {
    const detail = `journal/${this.run?.entry_id}/${this.run?.run_id}`;
    this.dispatchEvent(new CustomEvent("god-kaiser-page", { detail, bubbles: true, composed: true }));
  }

  _toggleReport() {
    this._showsReport = !this._showsReport;
    this.requestUpdate();
  }

  _toggleLog() {
    if (this._lines) {
      this._lines = null;
      this._reading.problem = "";
      this.requestUpdate();
    } else {
      void this._readLog();
    }
  }

  async _readLog() {
    const { api, run } = this;
    if (!api || !run) return;
    this._shownLog = run;
    const isFirst = this._lines === null;
    await this._reading.press(async () => {
      const lines = await api.log(run.run_id);
      if (isFirst || this._lines) this._lines = lines;
    });
  }
}
