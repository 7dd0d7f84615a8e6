import { ALL } from '../library/library-query.ts';
import { go, toQuery } from '../routes.ts';
import { Button } from '../ui/button.tsx';
import style from './filters.module.css';

/** The filters leave no picture. */
export function NoMatches() {
  return (
    <div className={style['nothing']}>
      <p role="status">No picture matches these filters.</p>
      <Button onClick={() => go(toQuery(ALL))}>Show all pictures</Button>
    </div>
  );
}
