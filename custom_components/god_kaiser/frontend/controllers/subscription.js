/** Follows one kind of message for as long as it is wanted: over lost connections and restarts of Home Assistant. */

/**
 * @typedef {object} Connection What is needed of a connection to Home Assistant.
 * @property {(callback: (message: any) => void, message: {type: string}, options: {resubscribe: boolean}) =>
 *   Promise<() => unknown>} subscribeMessage
 * @property {(name: string, listener: () => void) => void} addEventListener
 * @property {(name: string, listener: () => void) => void} removeEventListener
 */

// After a restart the connection is there before the integration is.
const RETRY = 3000;
// The other side says something every five seconds. After a lost connection Home Assistant's client counts its commands
// from one again, so whoever ends a command of before may end ours: then we are told nothing more, not even that.
const LONGEST_SILENCE = 20000;
const SIGN_OF_LIFE = "keepalive";

export class Subscription {
  /** @type {Connection} */
  #connection;
  #message;
  #tell;
  #begun;
  #retry;
  /** @type {(() => unknown)|null} */
  #unsubscribe = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #turn = 0;
  /** Why it is not followed, as far as that can be said in words. */
  problem = /** @type {unknown} */ (null);

  /**
   * @param {Connection} connection
   * @param {() => {type: string}} message What is asked for, worked out anew each time.
   * @param {{tell: (message: any) => void, begun: (isFollowed: boolean) => void, retry?: number}} to
   */
  constructor(connection, message, { tell, begun, retry = RETRY }) {
    this.#connection = connection;
    this.#message = message;
    this.#tell = tell;
    this.#begun = begun;
    this.#retry = retry;
  }

  open() {
    this.#connection.addEventListener("ready", this.#subscribe);
    this.#connection.addEventListener("disconnected", this.#lost);
    void this.#subscribe();
  }

  close() {
    this.#connection.removeEventListener("ready", this.#subscribe);
    this.#connection.removeEventListener("disconnected", this.#lost);
    this.#forget();
  }

  /** Begin anew: the other side has ended it. */
  again() {
    void this.#subscribe();
  }

  #lost = () => {
    this.#unsubscribe = null;
    this.#forget();
    this.#begun(false);
  };

  #forget() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    const unsubscribe = this.#unsubscribe;
    this.#unsubscribe = null;
    if (unsubscribe) void Promise.resolve(unsubscribe()).catch(() => undefined);
  }

  #subscribe = async () => {
    this.#forget();
    const turn = this.#turn;
    const isCurrent = () => turn === this.#turn;
    let isFirst = true;
    this.#wait();
    /** @param {any} message */
    const hear = (message) => {
      if (!isCurrent()) return;
      this.#wait();
      if (isFirst) this.#follows();
      isFirst = false;
      if (message.event_type !== SIGN_OF_LIFE) this.#tell(message);
    };
    try {
      const unsubscribe = await this.#connection.subscribeMessage(hear, this.#message(), { resubscribe: false });
      if (!isCurrent()) {
        void Promise.resolve(unsubscribe()).catch(() => undefined);
        return;
      }
      this.#unsubscribe = unsubscribe;
      if (isFirst) this.#follows();
      isFirst = false;
    } catch (problem) {
      if (!isCurrent()) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.#subscribe, this.#retry);
      // Without a sentence of ours the command is only not there yet.
      this.problem = /** @type {{translation_key?: string}|null} */ (problem)?.translation_key ? problem : null;
      if (this.problem) this.#begun(false);
    }
  };

  /** Begin anew if nothing at all is said for too long. */
  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#fallenSilent, LONGEST_SILENCE);
  }

  #fallenSilent = () => {
    this.#begun(false);
    void this.#subscribe();
  };

  #follows() {
    this.problem = null;
    this.#begun(true);
  }
}
