/** The report about a run that is over: who has started and ended it, why, what is known of its commands, and what was wrong. */

/** @import { Api } from "../api.js" */
/** @import { Part } from "../controllers/report.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { partsOf } from "../controllers/report.js";
import { Pressing } from "./pressing.js";
import { shared } from "./styles.js";

export class RunReport extends LitElement {
  static properties = { api: { attribute: false }, run: { attribute: false } };

  static styles = [
    shared,
    css`
      section {
        margin-top: 12px;
        padding-top: 4px;
        border-top: 1px solid var(--divider-color, #e0e0e0);
        font-size: 0.9em;
        overflow-wrap: anywhere;
      }
      h4 {
        font-size: 1em;
        font-weight: 500;
        margin: 12px 0 0;
      }
      ul {
        margin: 4px 0;
        padding-inline-start: 20px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** The id of the run. */
    this.run = "";
    /** @type {readonly Part[]|null} */
    this._parts = null;
    this._reading = new Pressing(this);
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("run")) void this._read();
  }

  render() {
    const { api, _parts: parts } = this;
    if (!api || !parts) return this._reading.shown;
    return html`<section aria-label=${api.t("runs.report")}>${parts.map((part) => this._part(part))}</section>`;
  }

  /** @param {Part} part */
  _part(part) {
    switch (part.kind) {
      case "title":
        return html`<h4>${part.text}</h4>`;
      case "list":
        return html`<ul>
          ${part.items.map((item) => html`<li>${item}</li>`)}
        </ul>`;
      case "text":
        return html`<p>${part.text}</p>`;
      default:
        return nothing;
    }
  }

  async _read() {
    const { api, run } = this;
    if (!api || !run) return;
    await this._reading.press(async () => {
      this._parts = partsOf(await api.report(run));
    });
  }
}
