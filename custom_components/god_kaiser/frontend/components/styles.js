/** What all parts of the panel look like; colours, shapes and fonts are those of the theme. */

import { css } from "../vendor/lit.js";

export const shared = css`
  :host {
    display: block;
    color: var(--primary-text-color, #212121);
    font-family: var(--ha-font-family-body, Roboto, Noto, sans-serif);
    line-height: 1.4;
  }
  .card {
    background: var(--ha-card-background, var(--card-background-color, #fff));
    border: var(--ha-card-border-width, 1px) solid var(--ha-card-border-color, var(--divider-color, #e0e0e0));
    border-radius: var(--ha-card-border-radius, 12px);
    box-shadow: var(--ha-card-box-shadow, none);
    padding: 16px;
    box-sizing: border-box;
    overflow-wrap: anywhere;
  }
  h2 {
    font-size: 1.1em;
    font-weight: 500;
    margin: 24px 4px 8px;
  }
  h3 {
    font-size: 1.1em;
    font-weight: 500;
    margin: 0;
  }
  p {
    margin: 4px 0;
  }
  .head,
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
  }
  .head {
    justify-content: space-between;
    align-items: baseline;
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 12px;
  }
  .quiet {
    color: var(--secondary-text-color, #5f6368);
    font-size: 0.9em;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr));
    gap: 12px;
    align-items: start;
  }
  button {
    font: inherit;
    min-height: 40px;
    padding: 0 16px;
    border-radius: var(--ha-border-radius-pill, 20px);
    border: 1px solid var(--outline-color, var(--divider-color, #c4c4c4));
    background: transparent;
    color: var(--primary-text-color, #212121);
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    background: var(--secondary-background-color, rgba(128, 128, 128, 0.12));
  }
  button:focus-visible,
  a:focus-visible,
  input:focus-visible,
  select:focus-visible,
  summary:focus-visible {
    outline: 2px solid var(--primary-color, #009ac7);
    outline-offset: 2px;
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  button.main {
    background: var(--primary-color, #009ac7);
    border-color: transparent;
    color: var(--text-primary-color, #fff);
  }
  button.main:hover:not(:disabled) {
    filter: brightness(1.08);
    background: var(--primary-color, #009ac7);
  }
  .problem {
    color: var(--error-color, #b00020);
    margin-top: 8px;
  }
  .status {
    font-size: 0.85em;
    font-weight: 500;
    padding: 2px 10px;
    border-radius: 12px;
    white-space: nowrap;
    background: var(--secondary-background-color, rgba(128, 128, 128, 0.16));
  }
  .status::before {
    content: "";
    display: inline-block;
    width: 8px;
    height: 8px;
    margin-inline-end: 6px;
    border-radius: 50%;
    background: var(--state-color, var(--secondary-text-color, #757575));
  }
  .running,
  .waiting,
  .stopping {
    --state-color: var(--primary-color, #009ac7);
  }
  .ok,
  .completed {
    --state-color: var(--success-color, #43a047);
  }
  .warn,
  .paused,
  .held,
  .interrupted,
  .cancelled {
    --state-color: var(--warning-color, #ffa600);
  }
  .error,
  .failed,
  .timed_out {
    --state-color: var(--error-color, #db4437);
  }
`;

/** What inputs look like, wherever something is asked. */
export const inputs = css`
  label {
    display: block;
    margin: 8px 0;
  }
  input:not([type="checkbox"]):not([type="radio"]),
  select,
  textarea {
    font: inherit;
    display: block;
    box-sizing: border-box;
    width: 100%;
    min-height: 40px;
    margin-top: 4px;
    padding: 0 10px;
    color: inherit;
    background: var(--input-fill-color, var(--secondary-background-color, #f5f5f5));
    border: 1px solid var(--outline-color, var(--divider-color, #c4c4c4));
    border-radius: 8px;
  }
  textarea {
    padding: 8px 10px;
    resize: vertical;
  }
  option {
    color: var(--primary-text-color, #212121);
    background: var(--card-background-color, #fff);
  }
  textarea:focus-visible {
    outline: 2px solid var(--primary-color, #009ac7);
    outline-offset: 2px;
  }
`;

/** What lists of lines look like, each of which opens. */
export const lines = css`
  ol.lines {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  ol.lines > li + li {
    border-top: 1px solid var(--divider-color, #e0e0e0);
  }
  .line {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 12px;
    align-items: baseline;
    width: 100%;
    box-sizing: border-box;
    padding: 10px 16px;
    border: none;
    border-radius: 0;
    text-align: start;
    cursor: pointer;
    list-style: none;
    font-size: 0.95em;
  }
  .line:focus-visible {
    outline-offset: -2px;
  }
  .lines.card {
    padding: 0;
    overflow: hidden;
  }
  .time {
    color: var(--secondary-text-color, #5f6368);
    font-variant-numeric: tabular-nums;
    min-width: 8.5em;
  }
  .what {
    display: flex;
    flex: 1 1 240px;
    flex-wrap: wrap;
    gap: 2px 10px;
    align-items: baseline;
    min-width: 0;
  }
  .what strong {
    font-weight: 500;
  }
  .details {
    padding: 4px 16px 16px;
  }
  dl {
    display: grid;
    grid-template-columns: minmax(90px, max-content) minmax(0, 1fr);
    gap: 4px 16px;
    margin: 0;
    font-size: 0.95em;
  }
  dt {
    color: var(--secondary-text-color, #5f6368);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .details h3 {
    margin: 12px 0 4px;
    font-size: 1em;
  }
  pre {
    margin: 0;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    font-size: 0.9em;
  }
`;
