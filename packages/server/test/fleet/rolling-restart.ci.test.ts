import { describeRollingRestart } from './rolling-restart.ts';

// A thousand for both proxies. Paced, because a restart takes longest on a busy machine.
describeRollingRestart({ requests: 500, pauseMs: 60 });
