import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import { Subscription } from "../../custom_components/god_kaiser/frontend/controllers/subscription.js";

/** A connection that remembers what was asked, and lets the test say what becomes of it. */
class Line {
  listeners = {};
  asked = [];
  ended = 0;
  refusals = 0;
  early = [];
  problem = { code: "unknown_command" };

  async subscribeMessage(callback, message, options) {
    this.asked.push({ callback, message, options });
    for (const each of this.early) callback(each);
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw this.problem;
    }
    return async () => {
      this.ended += 1;
    };
  }

  addEventListener(name, listener) {
    this.listeners[name] = listener;
  }

  removeEventListener(name, listener) {
    if (this.listeners[name] === listener) delete this.listeners[name];
  }
}

/** Let everything be done that waits for nothing but its turn. */
async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

const subscriptions = [];

afterEach(() => {
  // One that waits for a sign of life would keep the test from ending.
  for (const subscription of subscriptions.splice(0)) subscription.close();
});

function opened(changes = {}) {
  const line = Object.assign(new Line(), changes);
  const heard = [];
  const subscription = new Subscription(line, () => ({ type: "some/command" }), {
    tell: (message) => heard.push(message),
    begun: (isFollowed) => heard.push(isFollowed),
    retry: 3000,
  });
  subscriptions.push(subscription);
  subscription.open();
  return { line, heard, subscription };
}

test("it asks once, says that it has begun, then tells what arrives", async () => {
  const { line, heard } = opened();
  await settle();
  line.asked[0].callback("news");
  assert.deepEqual(heard, [true, "news"]);
  assert.deepEqual(line.asked[0].message, { type: "some/command" });
  assert.deepEqual(line.asked[0].options, { resubscribe: false });
});

test("a message that comes with the answer is told after the begin", async () => {
  const { heard } = opened({ early: ["state"] });
  await settle();
  assert.deepEqual(heard, [true, "state"]);
});

test("a command that is not there yet is asked for again", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { line, heard } = opened({ refusals: 2 });
  for (let turn = 0; turn < 3; turn += 1) {
    await settle();
    mock.timers.tick(3000);
  }
  await settle();
  assert.deepEqual([line.asked.length, heard], [3, [true]]);
});

test("where there is no room it says why until there is some", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const problem = { code: "too_many_subscriptions", translation_key: "too_many_subscriptions" };
  const { line, heard, subscription } = opened({ refusals: 1, problem });
  await settle();
  assert.deepEqual([subscription.problem, heard], [problem, [false]]);
  mock.timers.tick(3000);
  await settle();
  assert.deepEqual([line.asked.length, subscription.problem, heard], [2, null, [false, true]]);
});

test("a lost connection is told, and a new one asks anew; what is said by the old one is not heard", async () => {
  const { line, heard } = opened();
  await settle();
  line.listeners.disconnected();
  line.listeners.ready();
  await settle();
  line.asked[0].callback("from before");
  line.asked[1].callback("news");
  assert.deepEqual(heard, [true, false, true, "news"]);
  // There is nobody left who could be told to end the old one.
  assert.equal(line.ended, 0);
});

test("once closed it ends what it follows, and asks for nothing more", async () => {
  const { line, heard, subscription } = opened();
  await settle();
  subscription.close();
  line.asked[0].callback("too late");
  assert.deepEqual([line.ended, line.listeners, heard], [1, {}, [true]]);
});

test("closed before the answer has come, it ends what it is then given", async () => {
  const { line, heard, subscription } = opened();
  subscription.close();
  await settle();
  assert.deepEqual([line.ended, heard], [1, []]);
});

test("closed while it waits to ask again, it does not", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { line, subscription } = opened({ refusals: 1 });
  await settle();
  subscription.close();
  mock.timers.tick(9000);
  await settle();
  assert.equal(line.asked.length, 1);
});

test("after too long a silence it says so and asks anew, also where no answer comes", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { line, heard } = opened();
  await settle();
  mock.timers.tick(19_999);
  assert.deepEqual([line.asked.length, heard], [1, [true]]);
  mock.timers.tick(1);
  assert.deepEqual([line.asked.length, heard], [2, [true, false]]);
  await settle();
  assert.deepEqual([line.ended, heard], [1, [true, false, true]]);
  line.subscribeMessage = (callback) => {
    line.asked.push({ callback });
    return new Promise(() => {});
  };
  mock.timers.tick(20_000);
  await settle();
  mock.timers.tick(20_000);
  assert.equal(line.asked.length, 4);
  line.asked[1].callback("from before");
  line.asked[3].callback("news");
  assert.deepEqual(heard, [true, false, true, false, false, true, "news"]);
});

test("whatever is said breaks the silence; a sign of life is told to nobody", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { line, heard } = opened();
  await settle();
  for (const said of [{ event_type: "keepalive" }, { event_type: "state" }]) {
    mock.timers.tick(19_999);
    line.asked[0].callback(said);
  }
  mock.timers.tick(19_999);
  assert.deepEqual([line.asked.length, heard], [1, [true, { event_type: "state" }]]);
});

test("once closed or cut off, silence is no reason to ask", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const closed = opened();
  const cut = opened();
  await settle();
  closed.subscription.close();
  cut.line.listeners.disconnected();
  mock.timers.tick(60_000);
  await settle();
  assert.deepEqual([closed.line.asked.length, cut.line.asked.length, cut.heard], [1, 1, [true, false]]);
});
