/** The entities that can be chosen, by their names. */

/** @import { KnownEntities, Output } from "../types.js" */

const PLATFORM = "god_kaiser";
// The kinds of outputs, which their entities carry as the key of their translation, and what they may be shown as.
const OUTPUTS = ["pump", "relay", "valve", "pwm"];
const OUTPUT_DOMAINS = ["switch", "valve", "fan", "light", "number"];

/**
 * Return every output of a hub that is an entity, by its name.
 *
 * @param {KnownEntities|null} house
 * @returns {Output[]}
 */
export function outputsOf(house) {
  const known = house?.entities ?? {};
  return entitiesOf(house).filter(
    ({ id }) =>
      known[id]?.platform === PLATFORM &&
      OUTPUT_DOMAINS.includes(id.split(".")[0] ?? "") &&
      OUTPUTS.includes(known[id]?.translation_key ?? ""),
  );
}

/**
 * Return every entity, or those of one domain, by its name.
 *
 * @param {KnownEntities|null} house
 * @param {string} [domain]
 * @returns {Output[]}
 */
export function entitiesOf(house, domain) {
  const states = house?.states ?? {};
  const ids = Object.keys(states).filter((id) => !domain || id.startsWith(`${domain}.`));
  const named = ids.map((id) => ({ id, name: states[id]?.attributes.friendly_name ?? id }));
  return named.sort((one, other) => one.name.localeCompare(other.name));
}
