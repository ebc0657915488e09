<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:welfare.eligibility:v1" xmlns="urn:renkei:eligibility.registration:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:eligibility">
    <eligibility>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <individual_number><xsl:value-of select="i:individual_number"/></individual_number>
      <certificate_type><xsl:value-of select="i:certificate_type"/></certificate_type>
      <history_key><xsl:value-of select="i:history_key"/></history_key>
      <name><xsl:value-of select="i:name"/></name>
      <name_kana><xsl:value-of select="i:name_kana"/></name_kana>
      <address><xsl:value-of select="i:address"/></address>
      <birth_date><xsl:value-of select="i:birth_date"/></birth_date>
      <sex><xsl:value-of select="i:sex"/></sex>
      <not_disclosed><xsl:value-of select="i:not_disclosed"/></not_disclosed>
      <insurer_number><xsl:value-of select="i:insurer_number"/></insurer_number>
      <certificate_name><xsl:value-of select="i:certificate_name"/></certificate_name>
      <xsl:if test="i:recipient_number"><recipient_number><xsl:value-of select="i:recipient_number"/></recipient_number></xsl:if>
      <always_reimbursement><xsl:value-of select="i:always_reimbursement"/></always_reimbursement>
      <valid_from><xsl:value-of select="i:valid_from"/></valid_from>
      <valid_to><xsl:value-of select="i:valid_to"/></valid_to>
      <xsl:if test="i:revoked_on"><revoked_on><xsl:value-of select="i:revoked_on"/></revoked_on></xsl:if>
      <xsl:if test="i:view_stopped"><view_stopped><xsl:value-of select="i:view_stopped"/></view_stopped></xsl:if>
      <deleted><xsl:value-of select="i:deleted"/></deleted>
      <xsl:for-each select="i:detail">
        <detail>
          <item><xsl:value-of select="i:item"/></item>
          <value><xsl:value-of select="i:value"/></value>
        </detail>
      </xsl:for-each>
      <xsl:for-each select="i:guardian">
        <guardian>
          <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
          <xsl:if test="i:individual_number"><individual_number><xsl:value-of select="i:individual_number"/></individual_number></xsl:if>
        </guardian>
      </xsl:for-each>
    </eligibility>
  </xsl:template>
</xsl:stylesheet>
