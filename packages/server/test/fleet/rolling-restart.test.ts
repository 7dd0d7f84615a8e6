import { describeRollingRestart } from './rolling-restart.ts';

// Paced, because a restart takes longest on a busy machine.
describeRollingRestart({ requests: 200, pauseMs: 150 });
