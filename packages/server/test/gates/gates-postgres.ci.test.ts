// The other tests of gates are in the long tier.
import { describeFleet } from './fleet.ts';
import { describeHeld } from './held.ts';
import { gatedOn, onPostgres } from './on-postgres.ts';

onPostgres((createStores) => {
  describeHeld(gatedOn(createStores));
  describeFleet(createStores);
});
