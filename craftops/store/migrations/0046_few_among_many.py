"""The few invoices that somebody must still look at, the orders of companies and the files that were mended, among all
that ever were: an index of each that holds no others."""

PARTIAL = {
    'invoice_uncovered': 'invoice (customer_id) WHERE settled < gross',
    'invoice_undelivered': "invoice (id) WHERE delivery_trouble != ''",
    'orders_of_company': 'orders (company_id) WHERE company_id IS NOT NULL',
    'design_file_mended': 'design_file (made_from_id) WHERE made_from_id IS NOT NULL',
    'invoice_credits': 'invoice (credits_id) WHERE credits_id IS NOT NULL',
}


def up(migrator, db):
    for name, what in PARTIAL.items():
        db.execute_sql(f'CREATE INDEX {name} ON {what}')


def down(migrator, db):
    for name in PARTIAL:
        db.execute_sql(f'DROP INDEX {name}')
