// In the long tier: more requests than `rolling-restart.ci.test.ts` sends.
import { describeRollingRestart } from './rolling-restart.ts';

describeRollingRestart({ requests: 1_000, pauseMs: 0 });
