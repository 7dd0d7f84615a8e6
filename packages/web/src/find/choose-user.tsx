import { useLibrary } from '../library/source.tsx';
import { useSession } from '../session/session.tsx';
import { useKnownUsers } from '../session/use-known-users.ts';
import { UserField } from '../session/user-field.tsx';
import style from './filters.module.css';

/** The service searches the words of one user's pictures, and perhaps finds only those by tag and type. */
export function ChooseUser() {
  const session = useSession();
  const known = useKnownUsers(session);
  const { words } = useLibrary().query;
  const { users, ownUser, chooseUser } = session;
  return (
    <div className={style['nothing']}>
      <p role="status">Choose a user to search by {words === undefined ? 'tag or type' : 'words'}.</p>
      <UserField
        label="Whose pictures"
        value={undefined}
        proposed={ownUser}
        known={users ?? known}
        isLimited={users !== undefined}
        everybody={false}
        action="Search"
        onChoose={chooseUser}
      />
    </div>
  );
}
