/** What an administrator can have looked at now: the usual check, a full one, and the self-check. */

/** @import { Api } from "../api.js" */
/** @import { SelfCheck, SystemFigures } from "../types.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { Pressing } from "./pressing.js";
import { lines, shared } from "./styles.js";

/** @type {Record<string, string>} */
const LEVELS = { pass: "ok", warn: "warn", fail: "error" };

export class HealthChecks extends LitElement {
  static properties = {
    api: { attribute: false },
    hub: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    lines,
    css`
      li {
        padding: 6px 16px;
      }
      .lines {
        margin-top: 12px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    this.hub = "";
    this.words = 0;
    this._said = "";
    /** @type {SelfCheck|null} */
    this._checked = null;
    /** @type {SystemFigures|null} */
    this._system = null;
    this._pressing = new Pressing(this);
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("hub")) this._forget();
  }

  render() {
    const { api } = this;
    if (!api) return nothing;
    const { isBusy } = this._pressing;
    return html`
      <div class="buttons">
        <button class="main" ?disabled=${isBusy} @click=${() => this._look(false)}>${api.t("health.check_now")}</button>
        <button ?disabled=${isBusy} @click=${() => this._look(true)}>${api.t("health.check_full")}</button>
        <button ?disabled=${isBusy} @click=${this._selfCheck}>${api.t("health.self_check")}</button>
      </div>
      <p role="status">${isBusy ? api.t("health.looking") : this._said}</p>
      ${this._pressing.shown} ${this._system ? this._figures(api, this._system) : nothing}
      ${this._checked ? this._list(api, this._checked) : nothing}
    `;
  }

  /**
   * @param {Api} api
   * @param {SystemFigures} system
   */
  _figures(api, system) {
    return html`<dl class="card">
      <dt>${api.t("health.lag")}</dt>
      <dd>${api.t("health.milliseconds", { number: api.number(system.loop_lag_ms) })}</dd>
      <dt>${api.t("health.tasks")}</dt>
      <dd>${system.tasks}</dd>
      <dt>${api.t("health.mqtt")}</dt>
      <dd>${api.t(system.mqtt_connected ? "health.connected" : "health.away")}</dd>
      <dt>${api.t("health.messages")}</dt>
      <dd>${api.t("health.messages_of", { accepted: system.messages_accepted, rejected: system.messages_rejected })}</dd>
      <dt>${api.t("health.memory")}</dt>
      <dd>${api.t("health.megabytes", { number: system.peak_memory_mb })}</dd>
    </dl>`;
  }

  /**
   * @param {Api} api
   * @param {SelfCheck} checked
   */
  _list(api, checked) {
    return html`<ol class="lines card" aria-label=${api.t("health.self_check")}>
      ${[...checked.checks]
        .sort((one, other) => Number(one.status === "pass") - Number(other.status === "pass"))
        .map(
          ({ status, text }) => html`<li>
            <span class="status ${LEVELS[status]}">${api.t(`marks.${status}`)}</span> ${text}
          </li>`,
        )}
    </ol>`;
  }

  _forget() {
    this._said = "";
    this._checked = null;
    this._system = null;
  }

  /** @param {boolean} isFull */
  _look(isFull) {
    const { api } = this;
    if (!api) return;
    this._forget();
    void this._pressing.press(async () => {
      const told = await api.ask("health_check", { config_entry_id: this.hub, full: isFull });
      this._system = told.system ?? null;
      this._said = api.t("health.checked");
    });
  }

  _selfCheck() {
    const { api } = this;
    if (!api) return;
    this._forget();
    void this._pressing.press(async () => {
      const checked = /** @type {SelfCheck} */ (await api.ask("self_check", { config_entry_id: this.hub }));
      this._checked = checked;
      const { passed, warned, failed } = checked;
      this._said = api.t("health.self_checked", { passed, warned, failed });
    });
  }
}
