/** Says what the journal tells as people say it: words of ours, names that people gave, numbers, moments. */

/** @import { JournalChoices, Words } from "../types.js" */

// What somebody has written, always or about these, is shown as it is; of ours there is nothing but these words.
const WRITTEN = ["about", "text", "message", "name", "step_name", "rule_name"];
const REASONS_OF_PEOPLE = ["stop", "output", "alarm", "action"];
const BY_PERSON = "user:ha";
const OUR_REASONS = ["button", "memory_unreadable"];
// Which fields name what; of a run its id is told as well, for it is what actions ask for.
const RULES = ["rule", "rule_id", "logic_rule_id", "trigger_id"];
const SEQUENCES = ["sequence", "sequence_id"];
const RUNS = ["run", "run_id", "runs", "retry_of", "execution_id"];
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const CODES = /^[a-z0-9]+(_[a-z0-9]+)+(, [a-z0-9_]+)*$/;
const OURS = "god_kaiser";
/** @typedef {Pick<JournalChoices, "devices"|"channels"|"people"|"rules"|"sequences"|"runs">} Known Names by ids. */

/**
 * @typedef {object} Tongue What is known of the language of the person.
 * @property {(key: string) => string} known Return a text, nothing where there is none.
 * @property {(name: string, field?: string) => string} action Return what an action of ours, or a field of it, is called.
 * @property {(id: string) => string} entityName Return what an entity is called, nothing where there is none.
 * @property {(number: number, decimals?: number) => string} number
 * @property {(moment: string) => string} exactly
 * @property {(problem: {translation_domain: string, translation_key: string, translation_placeholders: Words, message: string}) => string} sentence
 */

export class JournalSpeaker {
  #tongue;
  #names;

  /**
   * @param {Tongue} tongue
   * @param {() => Known|null} names
   */
  constructor(tongue, names) {
    this.#tongue = tongue;
    this.#names = names;
  }

  /** @param {unknown} id The id of a device or of a channel. */
  thing(id) {
    const known = this.#names();
    return known?.channels[String(id)] ?? known?.devices[String(id)];
  }

  /** @param {unknown} id The id of an account. */
  person(id) {
    return this.#names()?.people[String(id)];
  }

  /**
   * @param {number} number
   * @param {number} [decimals]
   */
  number(number, decimals) {
    return this.#tongue.number(number, decimals);
  }

  /** @param {number} level */
  percent(level) {
    return `${this.number(Math.round(level * 100))} %`;
  }

  /** @param {string} name An action of ours, also with its domain before it. */
  action(name) {
    return this.#tongue.action(name.replace(`${OURS}.`, "")) || name;
  }

  /**
   * Return what a field is called; in a table that is the name, or the word, of what each value is about.
   *
   * @param {string} field
   * @param {string} [action] The one that it was given to.
   */
  field(field, action = "") {
    const { known } = this.#tongue;
    const given = action && this.#tongue.action(action, field);
    return given || known(`details.${field}`) || this.thing(field) || known(`codes.${field}`) || field.replaceAll("_", " ");
  }

  /**
   * Return a value that a field of an event has.
   *
   * @param {string} kind
   * @param {string} name
   * @param {string|number|boolean} value
   * @param {unknown} [filling] What fills the sentence of a refusal; what is not told to this person is left open.
   */
  value(kind, name, value, filling) {
    if (typeof value === "number") {
      if (name === "level") return this.percent(value);
      return name.endsWith("_until") ? this.#tongue.exactly(new Date(value * 1000).toISOString()) : this.number(value);
    }
    return name === "refused" ? this.#refusal(String(value), filling) : this.words(kind, name, String(value));
  }

  /**
   * Return a value that somebody has given to an action: by name where it is the id of something, else as it was given.
   *
   * @param {string} name
   * @param {string|number|boolean} value
   */
  given(name, value) {
    if (typeof value === "number") return this.number(value);
    if (typeof value === "boolean") return this.#tongue.known(`codes.${value}`);
    return WRITTEN.includes(name) ? value : this.#named(name, value) || value;
  }

  /**
   * Return what is said with every code of ours in words, and by the names that people gave; what is a word for programs and has
   * none is read more easily with spaces.
   *
   * @param {string} kind
   * @param {string} name
   * @param {string} said
   */
  words(kind, name, said) {
    if (isOfPeople(kind, name, said)) return said;
    if (MOMENT.test(said)) return this.#tongue.exactly(said);
    if (kind.startsWith("alarm.") && (name === "state" || name === "was" || name === "priority")) return this.#ofAlarm(name, said);
    if (name === "action") return this.action(said);
    if (name === "type" || name === "category") return this.#sort(name, said);
    const named = this.#named(name, said);
    if (named || name.endsWith("_id")) return named || said;
    const words = said.split(", ").map((each) => this.#owner(each) || this.thing(each) || this.#tongue.known(`codes.${each}`));
    if (words.every(Boolean)) return words.join(", ");
    return CODES.test(said) ? said.replaceAll("_", " ") : said;
  }

  /**
   * Return the name of a rule, a sequence, a run, a thing, an entity or a person, nothing where what is said is none of them.
   *
   * @param {string} field
   * @param {string} said
   */
  #named(field, said) {
    const names = this.#names();
    if (RUNS.includes(field) && names?.runs[said]) return `${names.runs[said]} (${said})`;
    const table = RULES.includes(field) ? names?.rules : SEQUENCES.includes(field) ? names?.sequences : {};
    return table?.[said] || this.thing(said) || this.#tongue.entityName(said) || this.person(said);
  }

  /** @param {string} said Whose demand it is: of a rule or a run with its id; any person has the same demand. */
  #owner(said) {
    if (said === BY_PERSON) return this.#tongue.known("codes.user");
    const [, kind = "", id = ""] = /^(rule|run):(.+)$/.exec(said) ?? [];
    const names = this.#names();
    return id && `${this.#tongue.known(`codes.${kind}`)} ${(kind === "rule" ? names?.rules : names?.runs)?.[id] ?? id}`;
  }

  /**
   * @param {string} key The name of a sentence of ours.
   * @param {unknown} filling
   */
  #refusal(key, filling) {
    const message = key.replaceAll("_", " ");
    const words = withGaps(filling);
    return this.#tongue.sentence({ translation_domain: OURS, translation_key: key, translation_placeholders: words, message });
  }

  /**
   * @param {"type"|"category"} field
   * @param {string} value
   */
  #sort(field, value) {
    const { known } = this.#tongue;
    return (field === "type" ? known(`types.${value}`) : known(`parts.${value}`)) || value;
  }

  /**
   * @param {"state"|"was"|"priority"} field
   * @param {string} value
   */
  #ofAlarm(field, value) {
    const { known } = this.#tongue;
    return (field === "priority" ? known(`priorities.${value}`) : known(`alarm_states.${value}`)) || value;
  }
}

/**
 * Tell whether these are the words of somebody else than us.
 *
 * @param {string} kind
 * @param {string} name
 * @param {string} said
 */
function isOfPeople(kind, name, said) {
  const family = kind.split(".")[0] ?? "";
  return WRITTEN.includes(name) || (name === "reason" && REASONS_OF_PEOPLE.includes(family) && !OUR_REASONS.includes(said));
}

/**
 * @param {unknown} filling
 * @returns {Words}
 */
function withGaps(filling) {
  const known = new Map(typeof filling === "object" ? Object.entries(filling ?? {}) : []);
  const gap = (/** @type {string|symbol} */ name) => (name === "more" ? "" : "…");
  return new Proxy({}, { has: () => true, get: (_, name) => known.get(String(name)) ?? gap(name) });
}
