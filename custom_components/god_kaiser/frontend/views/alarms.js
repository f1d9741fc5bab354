/** The page of alarms: what needs somebody, what somebody knows of already, and what is set aside or hidden. */

/** @import { Api } from "../api.js" */
/** @import { Subscription } from "../controllers/subscription.js" */
/** @import { Alarm, AlarmMessage } from "../types.js" */

import { html, nothing, repeat } from "../vendor/lit.js";
import { PageView } from "../components/page-view.js";
import { AlarmBook } from "../controllers/alarm-book.js";

export class AlarmsView extends PageView {
  constructor() {
    super();
    this._alarms = new AlarmBook();
    this._isFollowed = false;
    /** @type {Subscription|null} */
    this._stream = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this._stream = this.api?.subscription("alarms", { tell: this._hear, begun: this._begun }) ?? null;
    this._stream?.open();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._stream?.close();
  }

  /** @param {AlarmMessage} message */
  _hear = (message) => {
    this._alarms.apply(message);
    this.requestUpdate();
  };

  /** @param {boolean} isFollowed */
  _begun = (isFollowed) => {
    this._isFollowed = isFollowed;
    // What was known stays to be seen while the connection is lost.
    if (isFollowed) this._alarms.clear();
    this.requestUpdate();
  };

  render() {
    const { api, book } = this;
    if (!api || !book) return nothing;
    const hub = this.hubOf(book);
    const known = this._alarms.of(hub);
    return html`
      ${this.hubChoice(api, book)}
      ${this._isFollowed ? nothing : html`<p class="card" role="status">${api.refusalOf(this._stream) || api.t("alarms.not_live")}</p>`}
      ${known
        ? html`
            <div aria-live="polite">
              ${this._part(api, hub, api.t("alarms.asking"), known.asking, api.t("alarms.none"))}
            </div>
            ${this._part(api, hub, api.t("alarms.known"), known.known)}
            ${this._part(api, hub, api.t("alarms.aside"), known.aside)}
          `
        : html`<p class="card quiet">${api.t("alarms.unknown")}</p>`}
    `;
  }

  /**
   * @param {Api} api
   * @param {string} hub
   * @param {string} title
   * @param {Alarm[]} alarms
   * @param {string} [none] What is said where there is none; without it nothing is shown.
   */
  _part(api, hub, title, alarms, none = "") {
    if (!alarms.length && !none) return nothing;
    return html`<section aria-label=${title}>
      <h2>${title}${alarms.length ? ` (${alarms.length})` : ""}</h2>
      ${alarms.length ? nothing : html`<p class="card quiet">${none}</p>`}
      <div class="grid">
        ${repeat(
          alarms,
          ({ alarm_id: id }) => id,
          (alarm) => html`<god-kaiser-alarm .api=${api} .alarm=${alarm} .hub=${hub} .words=${this.words}></god-kaiser-alarm>`,
        )}
      </div>
    </section>`;
  }
}
