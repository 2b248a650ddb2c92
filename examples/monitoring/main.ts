/*
 * Serves metrics at http://127.0.0.1:9464/metrics ($PORT), while tenants write and search, until Ctrl-C. `--drift`: after a minute they take to other
 * things, and a minute after the advice it is followed.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { monitoring } from './app.ts';

const minute = 60_000;

const app = await monitoring({
  port: Number(process.env.PORT ?? 9464),
  onAdvice({ collection, inForce, action, reason }) {
    console.log(`${inForce ? 'ADVICE' : 'TAKEN BACK'}  ${collection}: ${action}. ${reason}`);
    if (inForce) void wait(minute).then(() => app.recreateIndex());
  },
});
console.log(
  `${app.url}\nPrometheus: prometheus --config.file examples/monitoring/prometheus.yml; Grafana: import dashboard.json`,
);
if (process.argv.includes('--drift')) void wait(minute).then(() => app.drift());

let stopped = false;
process.once('SIGINT', () => {
  stopped = true;
});
while (!stopped) {
  await app.round();
  await wait(20);
}
await app.close();
