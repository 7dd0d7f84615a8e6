import { describeHeldLife } from './held-life.ts';
import { onEachStore } from './on-each-store.ts';

onEachStore(describeHeldLife);
