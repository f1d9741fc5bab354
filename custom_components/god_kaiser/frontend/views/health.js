/** The page of health: what the last check has found, what can be looked at now, and the latest numbers. */

/** @import { Api } from "../api.js" */
/** @import { Subscription } from "../controllers/subscription.js" */
/** @import { HealthState } from "../types.js" */

import { css, html, nothing } from "../vendor/lit.js";
import { PageView } from "../components/page-view.js";
import { findingsOf, HealthBook } from "../controllers/health-book.js";

export class HealthView extends PageView {
  static styles = [
    ...PageView.styles,
    css`
      .findings {
        margin-top: 12px;
      }
      a {
        color: var(--primary-color, #009ac7);
      }
      .finding {
        border-inline-start: 4px solid var(--state-color);
      }
      pre {
        white-space: pre-wrap;
        margin: 4px 0 0;
        font-size: 0.9em;
      }
    `,
  ];

  constructor() {
    super();
    this._health = new HealthBook();
    this._isFollowed = false;
    /** @type {Subscription|null} */
    this._stream = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this._stream = this.api?.subscription("health/subscribe", { tell: this._hear, begun: this._begun }) ?? null;
    this._stream?.open();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._stream?.close();
  }

  /** @param {import("../types.js").HealthMessage} message */
  _hear = (message) => {
    this._health.apply(message);
    this.requestUpdate();
  };

  /** @param {boolean} isFollowed */
  _begun = (isFollowed) => {
    this._isFollowed = isFollowed;
    // What was known stays to be seen while the connection is lost.
    if (isFollowed) this._health.clear();
    this.requestUpdate();
  };

  render() {
    const { api, book } = this;
    if (!api || !book) return nothing;
    const hub = this.hubOf(book);
    const known = this._health.of(hub);
    return html`
      ${this.hubChoice(api, book)}
      ${this._isFollowed ? nothing : html`<p class="card" role="status">${api.refusalOf(this._stream) || api.t("health.not_live")}</p>`}
      <section>
        <h2>${api.t("health.title")}</h2>
        ${known?.state ? this._state(api, known.state) : html`<p class="card quiet">${api.t("health.unknown")}</p>`}
        ${api.isAdministrator
          ? html`<god-kaiser-health-checks .api=${api} .hub=${hub} .words=${this.words}></god-kaiser-health-checks>`
          : nothing}
      </section>
      ${known?.metrics
        ? html`<god-kaiser-health-figures
            .api=${api}
            .hub=${known}
            .metrics=${known.metrics}
            .words=${this.words}
          ></god-kaiser-health-figures>`
        : nothing}
    `;
  }

  /**
   * @param {Api} api
   * @param {HealthState} state
   */
  _state(api, state) {
    const findings = findingsOf(state);
    return html`
      <div class="card">
        <div class="head">
          <h3>${api.t(findings.length ? "health.found" : "health.well", { number: findings.length })}</h3>
          <span class="status ${state.status}">${api.t(`levels.${state.status}`)}</span>
        </div>
        <p class="quiet">
          ${state.checked_at ? api.t("health.checked_at", { time: api.exactly(state.checked_at) }) : api.t("health.never")}
        </p>
      </div>
      <div class="grid findings" aria-live="polite">${findings.map((finding) => this._finding(api, finding))}</div>
    `;
  }

  /**
   * @param {Api} api
   * @param {ReturnType<typeof findingsOf>[number]} finding
   */
  _finding(api, { severity, category, text, action, needs_person: isUrgent, error_tech: technical }) {
    return html`<article class="card finding ${severity}">
      <div class="head">
        <h3>${api.t(`parts.${category}`)}</h3>
        <span class="status ${severity}">${api.t(`levels.${severity}`)}</span>
      </div>
      <p>${text}</p>
      <p class="quiet">${action}</p>
      ${technical ? html`<pre class="problem">${technical}</pre>` : nothing}
      ${isUrgent && api.isAdministrator
        ? html`<p><a href="/config/repairs">${api.t("health.repairs")}</a></p>`
        : nothing}
    </article>`;
  }
}
