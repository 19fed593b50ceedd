"""Extra charges"""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('extra_charges',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('part_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(kind = 'parts') = (part_id IS NOT NULL)", name=op.f('ck_extra_charges_part_named')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_extra_charges_quantity_positive')),
    sa.ForeignKeyConstraint(['part_id'], ['parts.id'], name=op.f('fk_extra_charges_part_id_parts')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_extra_charges_user_id_users')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_extra_charges_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_extra_charges'))
    )
    with op.batch_alter_table('extra_charges', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_extra_charges_visit_id'), ['visit_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('extra_charges', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_extra_charges_visit_id'))

    op.drop_table('extra_charges')
