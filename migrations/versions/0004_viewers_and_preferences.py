"""Viewers and preferences"""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('job_viewers',
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edits', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['jobs.id'], name=op.f('fk_job_viewers_job_id_jobs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_job_viewers_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('job_id', 'user_id', name=op.f('pk_job_viewers'))
    )
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('theme', sa.Enum('auto', 'light', 'dark', name='theme', native_enum=False, length=20), server_default='auto', nullable=False))
        batch_op.add_column(sa.Column('text_size', sa.Enum('normal', 'large', 'huge', name='textsize', native_enum=False, length=20), server_default='normal', nullable=False))
        batch_op.add_column(sa.Column('navigation', sa.Enum('geo', 'google', 'amap', name='navigation', native_enum=False, length=20), server_default='geo', nullable=False))



def downgrade() -> None:
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.drop_column('navigation')
        batch_op.drop_column('text_size')
        batch_op.drop_column('theme')

    op.drop_table('job_viewers')
