/** Which events somebody wants to see: as the server is asked for them, and whether one that arrives is among them. */

/** @import { JournalEvent } from "../types.js" */

/**
 * @typedef {object} JournalFilter What is wanted; empty is everything.
 * @property {string} level
 * @property {string} domain
 * @property {string} kind A kind of event, or the word before its dot for all of these.
 * @property {string} subject A device or what hangs on it.
 * @property {string} run
 * @property {string} person The id of an account.
 * @property {string} since As it was chosen, without a time zone.
 * @property {string} until
 */

/** @type {Readonly<JournalFilter>} */
export const EVERYTHING = { level: "", domain: "", kind: "", subject: "", run: "", person: "", since: "", until: "" };

/** @param {JournalFilter} filter */
export const countOf = (filter) => Object.values(filter).filter(Boolean).length;

/**
 * @param {JournalFilter} filter
 * @param {readonly string[]} kinds All kinds that there are.
 * @param {(written: string) => string} moment
 * @returns {Record<string, string|string[]>} The fields of the question.
 */
export function fieldsOf(filter, kinds, moment) {
  const { level, domain, kind, subject, run, person, since, until } = filter;
  const given = {
    level,
    domain,
    type: kind ? kinds.filter((each) => isOf(each, kind)) : "",
    subject,
    run_id: run,
    person,
    since: since && moment(since),
    until: until && moment(until),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

/**
 * Tell whether an event that has just happened is wanted; whoever has chosen an end looks at the past.
 *
 * @param {JournalFilter} filter
 * @param {JournalEvent} event
 * @param {Record<string, string>} people Their names, by the ids of their accounts.
 */
export function isWanted(filter, event, people) {
  const { level, domain, kind, subject, run, person, until } = filter;
  const about = event.subject ?? "";
  return (
    !until &&
    (!level || event.level === level) &&
    (!domain || event.domain === domain) &&
    (!kind || isOf(event.event_type, kind)) &&
    (!subject || about === subject || about.startsWith(`${subject}/`)) &&
    (!run || event.execution_id === run) &&
    (!person || isBy(event, [person, people[person] ?? person]))
  );
}

/**
 * @param {string} kind
 * @param {string} wanted
 */
const isOf = (kind, wanted) => kind === wanted || kind.startsWith(`${wanted}.`);

/**
 * @param {JournalEvent} event
 * @param {unknown[]} names
 */
const isBy = ({ actor, data }, names) => [actor?.name, actor?.id, data?.by].some((each) => names.includes(each));
