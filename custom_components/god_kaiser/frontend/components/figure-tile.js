/** One number with its name, and how it was in the last minutes. */

import { html, nothing } from "../vendor/lit.js";
import { pointsOf } from "../controllers/health-book.js";

/**
 * @param {object} figure
 * @param {string} figure.name
 * @param {string} figure.value
 * @param {string} [figure.note]
 * @param {readonly number[]} [figure.trace]
 */
export const figureTile = ({ name, value, note = "", trace = [] }) => html`
  <div class="card figure">
    <p class="quiet">${name}</p>
    <p class="value">${value}</p>
    ${note ? html`<p class="quiet">${note}</p>` : nothing}
    ${trace.length > 1
      ? html`<svg class="trace" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
          <polyline points=${pointsOf(trace)} vector-effect="non-scaling-stroke"></polyline>
        </svg>`
      : nothing}
  </div>
`;
