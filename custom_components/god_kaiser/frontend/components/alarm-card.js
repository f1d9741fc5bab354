/** One alarm: what has happened, since when, what to do, and what somebody may do with it. */

/** @import { Api } from "../api.js" */
/** @import { Alarm } from "../types.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { colourOf, movesOf, spansOf } from "../controllers/alarm-book.js";
import { Pressing } from "./pressing.js";
import { inputs, shared } from "./styles.js";

const USUAL_SPAN = 60;

export class AlarmCard extends LitElement {
  static properties = {
    api: { attribute: false },
    alarm: { attribute: false },
    hub: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    inputs,
    css`
      .card {
        border-inline-start: 4px solid var(--state-color, var(--divider-color, #e0e0e0));
      }
      h3 {
        flex: 1 1 200px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {Alarm|null} */
    this.alarm = null;
    this.hub = "";
    this.words = 0;
    this._isShelving = false;
    this._pressing = new Pressing(this);
  }

  render() {
    const { api, alarm } = this;
    if (!api || !alarm) return nothing;
    return html`<article class="card ${colourOf(alarm)}" aria-label=${alarm.text}>
      <div class="head">
        <h3>${alarm.text}</h3>
        <span class="status">${api.t(`alarm_states.${alarm.state}`)}</span>
      </div>
      <p>${alarm.action}</p>
      <p class="quiet">${this._facts(api, alarm).join(" · ")}</p>
      ${alarm.may_control ? this._buttons(api, alarm) : nothing} ${this._pressing.shown}
      ${this._isShelving && movesOf(alarm).shelve ? this._form(api, alarm) : nothing}
    </article>`;
  }

  /**
   * @param {Api} api
   * @param {Alarm} alarm
   */
  _facts(api, alarm) {
    const { acknowledged_at: seen, acknowledged_by: by, returned_at: over, shelved_until: until } = alarm;
    const facts = [api.t(`priorities.${alarm.priority}`), api.t("alarms.since", { time: api.exactly(alarm.raised_at) })];
    if (over) facts.push(api.t("alarms.over", { time: api.exactly(over) }));
    if (alarm.times > 1) facts.push(api.t("alarms.times", { number: alarm.times }));
    if (seen) facts.push(by ? api.t("alarms.seen_by", { name: by, time: api.exactly(seen) }) : api.t("alarms.seen", { time: api.exactly(seen) }));
    if (until) facts.push(api.t("alarms.until", { time: api.exactly(until), reason: alarm.shelved_because ?? "" }));
    if (alarm.hidden_behind) facts.push(api.t("alarms.hidden"));
    return facts;
  }

  /**
   * @param {Api} api
   * @param {Alarm} alarm
   */
  _buttons(api, alarm) {
    const moves = movesOf(alarm);
    const { isBusy } = this._pressing;
    const button = (/** @type {string} */ name, /** @type {() => void} */ pressed, isMain = false) =>
      html`<button
        class=${isMain ? "main" : ""}
        ?disabled=${isBusy}
        aria-label=${`${name}: ${alarm.text}`}
        @click=${pressed}
      >
        ${name}
      </button>`;
    return html`<div class="buttons">
      ${moves.acknowledge ? button(api.t("alarms.acknowledge"), () => this._move("acknowledge_alarm"), true) : nothing}
      ${moves.reset ? button(api.t("alarms.reset"), () => this._move("reset_alarm")) : nothing}
      ${moves.shelve ? button(api.t("alarms.shelve"), () => this._ask(!this._isShelving)) : nothing}
      ${moves.unshelve ? button(api.t("alarms.unshelve"), () => this._move("unshelve_alarm")) : nothing}
    </div>`;
  }

  /**
   * @param {Api} api
   * @param {Alarm} alarm
   */
  _form(api, alarm) {
    return html`<form @submit=${this._shelve}>
      <label
        >${api.t("alarms.for")}
        <select name="minutes">
          ${spansOf(alarm).map(
            (minutes) => html`<option value=${minutes} .selected=${minutes === USUAL_SPAN}>
              ${minutes < 60 ? api.t("alarms.minutes", { number: minutes }) : api.t("alarms.hours", { number: minutes / 60 })}
            </option>`,
          )}
        </select>
      </label>
      <label>${api.t("alarms.reason")} <input name="reason" required maxlength="200" autocomplete="off" /></label>
      <div class="buttons">
        <button class="main" ?disabled=${this._pressing.isBusy}>${api.t("alarms.set_aside")}</button>
        <button type="button" @click=${() => this._ask(false)}>${api.t("alarms.give_up")}</button>
      </div>
    </form>`;
  }

  /** @param {boolean} isShelving */
  _ask(isShelving) {
    this._isShelving = isShelving;
    this.requestUpdate();
  }

  /** @param {SubmitEvent} event */
  async _shelve(event) {
    event.preventDefault();
    const given = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const duration = 60 * Number(given.get("minutes"));
    if (await this._move("shelve_alarm", { duration, reason: given.get("reason") })) this._ask(false);
  }

  /**
   * @param {string} action
   * @param {object} [fields]
   */
  async _move(action, fields = {}) {
    const { api, alarm, hub } = this;
    if (!api || !alarm) return false;
    return this._pressing.press(() => api.ask(action, { config_entry_id: hub, alarm_id: alarm.alarm_id, ...fields }));
  }
}
