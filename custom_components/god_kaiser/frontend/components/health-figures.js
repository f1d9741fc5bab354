/** The numbers of one hub, as tiles, bars and tables. */

/** @import { Api } from "../api.js" */
/** @import { Hub } from "../controllers/health-book.js" */
/** @import { HealthMetrics } from "../types.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { spelled } from "../controllers/clock.js";
import { barsOf, megabytesOf, slowestOf } from "../controllers/health-book.js";
import { figureTile } from "./figure-tile.js";
import { shared } from "./styles.js";

export class HealthFigures extends LitElement {
  static properties = {
    api: { attribute: false },
    hub: { attribute: false },
    metrics: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    css`
      .figures {
        grid-template-columns: repeat(auto-fill, minmax(min(170px, 100%), 1fr));
        align-items: stretch;
      }
      .value {
        font-size: 1.6em;
        font-variant-numeric: tabular-nums;
      }
      .trace {
        display: block;
        width: 100%;
        height: 30px;
      }
      .trace polyline {
        fill: none;
        stroke: var(--primary-color, #009ac7);
        stroke-width: 1.5;
      }
      .bar {
        height: 10px;
        border-radius: 5px;
        background: var(--state-color, var(--primary-color, #009ac7));
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 0.95em;
      }
      th,
      td {
        padding: 6px 12px 6px 0;
        text-align: start;
        font-weight: 400;
        vertical-align: middle;
      }
      thead th {
        color: var(--secondary-text-color, #5f6368);
        font-size: 0.9em;
      }
      tbody tr {
        border-top: 1px solid var(--divider-color, #e0e0e0);
      }
      td.number {
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      td.wide {
        width: 50%;
      }
      .tables {
        margin-top: 12px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {Hub|null} */
    this.hub = null;
    /** @type {HealthMetrics|null} */
    this.metrics = null;
    this.words = 0;
  }

  render() {
    const { api, hub, metrics } = this;
    if (!api || !hub || !metrics) return nothing;
    return html`
      <section>
        <h2>${api.t("health.now")}</h2>
        <div class="grid figures">${this._figures(api, hub, metrics).map(figureTile)}</div>
      </section>
      <section>
        <h2>${api.t("pages.runs")}</h2>
        <div class="grid figures">${this._outcomes(api, metrics).map(figureTile)}</div>
        <div class="grid tables">
          ${this._bars(api, metrics)} ${metrics.sequences.length ? this._sequences(api, metrics) : nothing}
        </div>
        <p class="buttons"><button @click=${this._goToRuns}>${api.t("health.to_runs")}</button></p>
      </section>
      ${Object.keys(metrics.answers).length ? this._answers(api, hub, metrics) : nothing}
    `;
  }

  /**
   * @param {Api} api
   * @param {Hub} hub
   * @param {HealthMetrics} metrics
   */
  _figures(api, { traces }, metrics) {
    const { devices, events, journal, commands } = metrics;
    const slowest = slowestOf(metrics);
    const milliseconds = (/** @type {number} */ number) => api.t("health.milliseconds", { number: api.number(Math.round(number * 10) / 10) });
    const size = journal.bytes === null ? "–" : api.t("health.megabytes", { number: api.number(megabytesOf(journal.bytes)) });
    return [
      {
        name: api.t("health.devices"),
        value: api.t("health.of_all", { number: devices.online, all: devices.approved }),
        trace: traces.online,
      },
      { name: api.t("health.lag"), value: milliseconds(metrics.loop_lag_ms), trace: traces.lag },
      { name: api.t("health.slowest"), value: slowest === null ? "–" : milliseconds(slowest), trace: traces.slowest },
      {
        name: api.t("health.queue"),
        value: String(events.waiting),
        note: [
          events.dropped ? api.t("health.dropped", { number: events.dropped }) : "",
          events.not_on_bus ? api.t("health.not_on_bus", { number: events.not_on_bus }) : "",
        ]
          .filter(Boolean)
          .join(" · "),
        trace: traces.waiting,
      },
      {
        name: api.t("health.journal"),
        value: size,
        note: api.t("health.at_most", { number: api.number(megabytesOf(journal.most_bytes)) }),
      },
      {
        name: api.t("health.commands"),
        value: String(commands.sent),
        note: api.t("health.commands_of", { confirmed: commands.confirmed, failed: commands.failed, rejected: commands.rejected }),
      },
    ];
  }

  /**
   * @param {Api} api
   * @param {HealthMetrics} metrics
   */
  _outcomes(api, { statistics }) {
    const { success_rate: rate, average_duration: mean } = statistics;
    return [
      { name: api.t("health.active"), value: String(statistics.active) },
      { name: api.t("health.executions"), value: String(statistics.executions) },
      { name: api.t("health.success"), value: rate === null ? "–" : api.t("runs.percent", { percent: api.number(rate) }) },
      { name: api.t("health.mean"), value: mean === null ? "–" : spelled(mean) },
    ];
  }

  /**
   * @param {Api} api
   * @param {HealthMetrics} metrics
   */
  _bars(api, { runs }) {
    const bars = barsOf(runs);
    return html`<div class="card">
      <h3>${api.t("health.outcomes")}</h3>
      ${bars.length
        ? html`<table>
            <tbody>
              ${bars.map(
                ({ name, count, percent }) => html`<tr>
                  <th scope="row">${api.t(`status.${name}`)}</th>
                  <td class="number">${count}</td>
                  <td class="wide"><div class="bar ${name}" style="width: ${percent}%"></div></td>
                </tr>`,
              )}
            </tbody>
          </table>`
        : html`<p class="quiet">${api.t("health.no_runs")}</p>`}
    </div>`;
  }

  /**
   * @param {Api} api
   * @param {HealthMetrics} metrics
   */
  _sequences(api, { sequences }) {
    const heads = ["pages.sequences", "health.executions", "health.success", "health.mean"];
    return this._table(
      heads.map((head) => api.t(head)),
      sequences.map(({ name, executions, failures, average_duration: mean }) => {
        const percent = api.number(Math.round((1000 * (executions - failures)) / executions) / 10);
        return [name, String(executions), api.t("runs.percent", { percent }), spelled(mean)];
      }),
    );
  }

  /**
   * @param {Api} api
   * @param {Hub} hub
   * @param {HealthMetrics} metrics
   */
  _answers(api, { state }, { answers }) {
    const heads = ["health.device", "health.median", "health.slow", "health.count"];
    const rows = Object.entries(answers).map(([device, { p50_ms, p95_ms, count }]) => {
      const times = [p50_ms, p95_ms].map((time) => api.t("health.milliseconds", { number: api.number(Math.round(time)) }));
      return [state?.names[device] ?? device, ...times, String(count)];
    });
    return html`<section>
      <h2>${api.t("health.answers")}</h2>
      ${this._table(
        heads.map((head) => api.t(head)),
        rows,
      )}
    </section>`;
  }

  _goToRuns() {
    this.dispatchEvent(new CustomEvent("god-kaiser-page", { detail: "runs", bubbles: true, composed: true }));
  }

  /**
   * @param {string[]} heads
   * @param {string[][]} rows The first cell of each is its name.
   */
  _table(heads, rows) {
    return html`<div class="card">
      <table>
        <thead>
          <tr>
            ${heads.map((head) => html`<th scope="col">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ([name, ...cells]) => html`<tr>
              <th scope="row">${name}</th>
              ${cells.map((cell) => html`<td class="number">${cell}</td>`)}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }
}
