"""Building the views from nothing, beside those that are there: readers see the old ones until the new ones are whole.

The new ones take their place only once they have read at least as far, in every partition. A `weft views` that runs
meanwhile need not stop: it goes on with whichever are there, by the law of `generations`.
"""

from services.trouble import Trouble
from services.views.database import Database
from services.views.generations import Generation, code, current, new_number, switch
from services.views.projection import Projection


def build(database: Database, projection: Projection) -> None:
    """Makes a new generation of what was read, and has readers see it. Unavailable, LogDamaged; Trouble: the views
    there are of another log, or have read more than it holds."""
    with database.reading() as connection:
        check_whose(current(connection), projection)
    number = new_number()
    with database.writing_beside() as connection:
        projection.write_all(connection, number)
        database.take_turn(connection)
        if found := current(connection):
            check_whose(found, projection)
            projection.keep_to(found.mark)
        projection.write(connection, number)
        switch(connection, Generation(number, projection.log.log_id, code(), projection.mark))
    projection.written()


def check_whose(found: Generation | None, projection: Projection) -> None:
    """Trouble: these views are of another log, of which nobody's mark can be compared with this one's."""
    if found and found.log_id != projection.log.log_id:
        raise Trouble(
            f"the database has the views of log {found.log_id}, and this is log {projection.log.log_id}: name another "
            "one (views_url), or empty it"
        )
