import { describeRollingRestart } from './rolling-restart.ts';

describeRollingRestart({ requests: 1_000, pauseMs: 0 });
