"""What Alembic runs: the revisions on the connection that storage/migrate.py hands over, inside its transaction."""

from alembic import context

from storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll tables back; Alembic assumes that it cannot and would commit between the revisions.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
