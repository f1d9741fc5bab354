/** @import { Connection } from "./controllers/subscription.js" */

/**
 * What the websocket tells, and what views are given. Types alone: this module is never loaded by a browser.
 *
 * @typedef {"queued"|"preflight"|"running"|"waiting"|"paused"|"held"|"stopping"|"interrupted"
 *   |"completed"|"failed"|"cancelled"|"timed_out"} Status
 *
 * @typedef {object} Approval A question that a run waits for.
 * @property {string} question
 * @property {string} text
 * @property {string} place
 * @property {string[]} by Who may decide; empty when everybody may.
 * @property {string} asked_at
 * @property {number|null} seconds_left
 * @property {"reject"|"approve"|"ask_again"} at_deadline
 * @property {boolean} may_decide
 *
 * @typedef {object} Step
 * @property {string} phase
 * @property {number} index
 * @property {string} name
 * @property {string} kind
 * @property {number} attempt
 *
 * @typedef {object} Run
 * @property {string} run_id
 * @property {string} sequence_id
 * @property {string} sequence_name
 * @property {Status} status
 * @property {number} progress
 * @property {number} finished_steps
 * @property {number} total_steps
 * @property {string|null} phase
 * @property {Step|null} current_step
 * @property {string} started_at
 * @property {string|null} ended_at
 * @property {number} runtime_seconds
 * @property {number|null} seconds_left
 * @property {number|null} seconds_after_step What is left when the step is over in which the run is.
 * @property {string|null} paused_until
 * @property {string|null} halted_by
 * @property {string|null} ended_by "user", "automation" or "rule" with its name; people are not named here.
 * @property {string|null} reason
 * @property {{code: number, text: string}|null} error
 * @property {boolean} partial
 * @property {string|null} retry_of
 * @property {{kind: string, name: string}} trigger
 * @property {boolean} may_control
 * @property {Approval[]} approvals
 *
 * @typedef {Run & {hub: string, entry_id: string, received: number}} KnownRun A run, and when it was heard of.
 *
 * @typedef {{name: string, description: string, default: string|null}} Role
 *
 * @typedef {object} Variable
 * @property {string} name
 * @property {string} description
 * @property {string|number|boolean|null} default
 * @property {number|null} low
 * @property {number|null} high
 *
 * @typedef {object} Sequence
 * @property {string} id
 * @property {string} name
 * @property {string} description
 * @property {number} revision
 * @property {Role[]} roles
 * @property {Variable[]} variables
 * @property {boolean} may_control
 * @property {string|null} run_id
 * @property {Status|null} status
 * @property {Status|null} last_status
 * @property {number|null} last_seconds
 * @property {string|null} last_ended_at
 * @property {string|null} next_start
 *
 * @typedef {Sequence & {hub: string, entry_id: string}} KnownSequence
 *
 * @typedef {object} RunMessage
 * @property {"runs_state"|"runs_changed"|"hub_gone"} event_type
 * @property {{entry_id: string, hub?: string, runs?: Run[], runs_gone?: string[], sequences?: Sequence[],
 *   sequences_gone?: string[]}} data
 *
 * @typedef {{esp_id: string, name: string, state: string, release: string|null}} StoppedDevice
 *
 * @typedef {object} StopState
 * @property {string} entry_id
 * @property {boolean} any_stopped
 * @property {string|null} by
 * @property {string|null} reason
 * @property {string|null} since
 * @property {StoppedDevice[]} devices
 *
 * @typedef {{event_type: "stop_state", data: StopState}
 *   | {event_type: "stop_proof", data: StoppedDevice & {entry_id: string}}} StopMessage
 *
 * @typedef {RunMessage|StopMessage} HouseMessage
 *
 * @typedef {{text: string, advice: string, severity: string, place?: string}} Finding
 * @typedef {{verdict: "ok"|"warn"|"refused", findings: Finding[]}} Preflight
 * @typedef {{level: string, at: string, human: string, place: string}} Line
 *
 * @typedef {{id: string, name: string}} Output An entity that can be given for a role.
 *
 * @typedef {Record<string, string|number|boolean>} Values
 *
 * @typedef {Record<string, any>} Definition A sequence as it is written, or a part of it.
 *
 * @typedef {object} Shape What a value looks like.
 * @property {"text"|"number"|"whole"|"yes_no"|"choice"|"number_or_text"|"value"|"any"|"object"|"union"|"list"
 *   |"table"} shape
 * @property {string} [about] What it is about: an output, a sensor, seconds …
 * @property {string[]} [choices]
 * @property {string} [of] The object or the union that it is, or the enumeration of its choices.
 * @property {Shape} [inner] What a list or a table holds.
 *
 * @typedef {object} CatalogField
 * @property {string} name
 * @property {Shape} shape
 * @property {boolean} [is_required]
 * @property {string|number|boolean|null} [usual]
 * @property {boolean} [is_rare]
 * @property {boolean} [is_entry] Whether it is an entry of a table, which stays when it is empty.
 *
 * @typedef {{objects: Record<string, CatalogField[]>,
 *   unions: Record<string, Record<string, CatalogField[]>>}} ToldCatalog
 * @typedef {{catalog: ToldCatalog, outputs: Output[], sensors: Output[]}} ToldHouse
 *
 * @typedef {object} KeptSequence
 * @property {number} revision
 * @property {{revision: number, at: string, by: string}[]} revisions
 * @property {string[]} used_by
 * @property {Definition} [definition]
 *
 * @typedef {object} JournalEvent
 * @property {string} event_id
 * @property {string} event_type
 * @property {string} timestamp
 * @property {string} level
 * @property {string} domain
 * @property {string} [subject]
 * @property {string} [execution_id]
 * @property {string} [correlation_id]
 * @property {string} [sequence_name]
 * @property {string} [rule_name]
 * @property {{place?: string}|null} [current_step]
 * @property {{type?: string, name?: string|null, id?: string|null}|null} [actor]
 * @property {Record<string, any>} [data]
 * @property {string} [error_tech] For administrators.
 *
 * @typedef {object} JournalChoices
 * @property {string[]} kinds
 * @property {string[]} domains
 * @property {string[]} levels
 * @property {Record<string, string>} devices Names by ids, as the next ones.
 * @property {Record<string, string>} channels
 * @property {Record<string, string>} rules
 * @property {Record<string, string>} sequences
 * @property {Record<string, string>} runs The names of their sequences.
 * @property {Record<string, string>} people For administrators.
 *
 * @typedef {object} TrailEntry
 * @property {number} number
 * @property {string} event_id
 * @property {string} timestamp
 * @property {string} event
 * @property {string|null} execution_id
 * @property {string|null} sequence_name
 * @property {string|null} rule_name
 * @property {string} actor_type
 * @property {JournalEvent["actor"]} actor
 * @property {Record<string, any>} metadata
 *
 * @typedef {object} HealthFinding
 * @property {string} code
 * @property {string} severity
 * @property {string} text
 * @property {string} action
 * @property {boolean} needs_person
 * @property {string} [error_tech] For administrators.
 *
 * @typedef {object} HealthState
 * @property {string} entry_id
 * @property {string} status
 * @property {string|null} checked_at
 * @property {Record<string, {status: string, findings: HealthFinding[]}>} categories
 * @property {Record<string, string>} names
 *
 * @typedef {object} HealthMetrics
 * @property {{sent: number, confirmed: number, failed: number, waiting: number, rejected: number}} commands
 * @property {Record<string, {p50_ms: number, p95_ms: number, count: number}>} answers
 * @property {Record<string, number>} runs
 * @property {{active: number, executions: number, success_rate: number|null, average_duration: number|null}} statistics
 * @property {{id: string, name: string, executions: number, failures: number, average_duration: number}[]} sequences
 * @property {{approved: number, online: number}} devices
 * @property {{written: number, dropped: number, waiting: number, not_on_bus: number}} events
 * @property {{bytes: number|null, most_bytes: number}} journal
 * @property {number} loop_lag_ms
 *
 * @typedef {{event_type: "health_state", data: HealthState}
 *   | {event_type: "health_metrics", data: {entry_id: string, metrics: HealthMetrics}}
 *   | {event_type: "hub_gone", data: {entry_id: string}}} HealthMessage
 *
 * @typedef {{passed: number, warned: number, failed: number,
 *   checks: {name: string, status: string, text: string}[]}} SelfCheck
 * @typedef {{loop_lag_ms: number, tasks: number, mqtt_connected: boolean, messages_accepted: number,
 *   messages_rejected: number, peak_memory_mb: number}} SystemFigures
 *
 * @typedef {object} Alarm
 * @property {string} alarm_id
 * @property {string} text
 * @property {string} action
 * @property {string} state
 * @property {string} priority
 * @property {string} raised_at
 * @property {string|null} returned_at
 * @property {string|null} acknowledged_at
 * @property {string|null} [acknowledged_by] For administrators.
 * @property {boolean} is_present
 * @property {boolean} is_latched
 * @property {number} times
 * @property {number} can_be_shelved_for Seconds.
 * @property {string|null} shelved_until
 * @property {string|null} shelved_because
 * @property {string|null} hidden_behind
 * @property {boolean} may_control
 *
 * @typedef {{event_type: "alarms_state", data: {entry_id: string, alarms: Alarm[]}}
 *   | {event_type: "hub_gone", data: {entry_id: string}}} AlarmMessage
 *
 * @typedef {Record<string, string|number>} Words
 *
 * @typedef {object} KnownEntities
 * @property {Record<string, {attributes: {friendly_name?: string}}>} states
 * @property {Record<string, {platform: string, translation_key?: string}>} entities
 *
 * @typedef {object} Hass What is used of the object that Home Assistant gives to panels.
 * @property {(key: string, words?: Words) => string} localize
 * @property {(category: string, domain: string) => Promise<unknown>} loadBackendTranslation
 * @property {{language: string, number_format?: string, time_format: string, time_zone: string}} locale
 * @property {{time_zone: string}} config
 * @property {string} language
 * @property {string} dockedSidebar
 * @property {Record<string, {attributes: {friendly_name?: string}}>} states
 * @property {Record<string, {platform: string, translation_key?: string}>} entities
 * @property {{id: string, is_admin: boolean}} [user]
 * @property {Connection & {sendMessagePromise: (message: object) => Promise<any>}} connection
 */

export {};
